import pytest

from xrm_platform.providers import DriverContext, OutcomeUnknown
from xrm_platform.testing.memory_sms import MEMORY_SMS, MemorySms, MemorySmsService, memory_sms_service
from xrm_platform.testing.sms_contract import SmsContract
from xrm_platform.testing.sms_vendor import references_of, sms


class TestMemorySmsContract(SmsContract):
    registered = False

    @pytest.fixture
    def descriptor(self):
        return MEMORY_SMS

    @pytest.fixture
    def driver_class(self):
        return MemorySms

    @pytest.fixture
    def vendor(self, request):
        return memory_sms_service(request.node.nodeid)

    @pytest.fixture
    def settings(self, vendor, request):
        return {"service": request.node.nodeid, "password": "a-secret-of-memory"}

    async def test_a_message_whose_answer_was_lost_may_be_offered_again(
        self, driver: MemorySms, vendor: MemorySmsService, context: DriverContext
    ) -> None:
        await vendor.lose_next_answer()
        with pytest.raises(OutcomeUnknown):
            await driver.send([sms("m1")])
        references_of(await driver.send([sms("m1")]))
        assert len(await vendor.received()) == 1
