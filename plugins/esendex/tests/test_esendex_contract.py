import pytest
from xrm_esendex.plugin import ESENDEX

from xrm_platform.testing.esendex_vendor import EsendexVendor
from xrm_platform.testing.sms_contract import SmsContract


class TestEsendexContract(SmsContract):
    @pytest.fixture
    def descriptor(self):
        return ESENDEX

    @pytest.fixture
    def vendor(self, server):
        return EsendexVendor(server)

    @pytest.fixture
    def settings(self, vendor):
        return vendor.settings()
