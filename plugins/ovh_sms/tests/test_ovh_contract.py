import pytest
from xrm_ovh_sms.plugin import OVH_SMS

from xrm_platform.testing.ovh_vendor import OvhVendor
from xrm_platform.testing.sms_contract import SmsContract


class TestOvhContract(SmsContract):
    @pytest.fixture
    def descriptor(self):
        return OVH_SMS

    @pytest.fixture
    def vendor(self, server):
        return OvhVendor(server)

    @pytest.fixture
    def settings(self, vendor):
        return vendor.settings()
