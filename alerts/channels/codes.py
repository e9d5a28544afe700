"""What the codes inside an answer of 200 mean: one table shape for WeCom, DingTalk and Feishu."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.channels.http import Reply, judge_status
from alerts.channels.shape import Answer, Blame, Refused, Sent, Unknown


@dataclass(frozen=True, slots=True)
class Code:
    """One code: whose fault it is, whether it is final, and how many seconds to wait where the document says."""

    blame: Blame = "channel"
    is_final: bool = False
    after_s: float | None = None


def judge(reply: Reply, field: str, text_field: str, table: Mapping[int, Code]) -> Answer:
    """What *reply* says by its own code in *field* (0 is yes), else by its HTTP status.

    An unlisted code is a final refusal by the channel: trying what nobody understands again helps nobody, and the next
    channel is tried at once. An answer of 200 that isn't the API's (a proxy's page) leaves the outcome unknown.
    """
    code = reply.fields.get(field)
    if not isinstance(code, int):
        return judge_status(reply) or Unknown(f"http {reply.status} without {field}")
    if code == 0 and 200 <= reply.status < 300:
        return Sent()
    meaning = table.get(code, Code(is_final=True))
    text = str(reply.fields.get(text_field, ""))[:200]
    return Refused(str(code), text, blame=meaning.blame, is_final=meaning.is_final, after_s=meaning.after_s)


BUSY = Code()
TOO_FAST = Code(blame="load", after_s=60)
NO_SUCH_PERSON = Code(blame="address", is_final=True)
BAD_TEXT = Code(blame="address", is_final=True)
BAD_KEY = Code(is_final=True)
