"""What people and models say in the scripted month: English, Chinese and both, from fixed words. Pure."""

import random

_ENGLISH = (
    "invoice", "delivery", "customer", "refund", "summary", "meeting", "server", "contract", "schedule", "question",
    "answer", "warehouse", "password", "report", "budget", "holiday", "printer", "database", "forecast", "shipment",
    "please", "quickly", "about", "because", "together", "never", "yesterday", "tomorrow", "again", "without",
    "the", "a", "of", "for", "with", "is", "was", "can", "should", "we",
)  # fmt: skip
_CHINESE = (
    "数据", "报告", "客户", "发票", "合同", "会议", "服务器", "工作流", "问题", "答案", "仓库", "密码",
    "预算", "假期", "打印机", "预测", "货物", "明天", "昨天", "请", "尽快", "因为", "一起", "没有", "我们", "可以",
)  # fmt: skip
_ENDS = (".", ".", ".", "?", "!")
_CHINESE_ENDS = ("。", "。", "？", "！")

NEEDLES = ("quokka", "麒麟", "50% off_*")
"""Rare on purpose: one message in a thousand has one of them."""

_RARE = 1 / 1000


def sentence(chance: random.Random, words: int) -> str:
    """A text of about so many words: 45 of 100 English, 40 Chinese, the others both."""
    which = chance.random()
    if which < 0.45:  # noqa: PLR2004 - said above
        text = _english(chance, words)
    elif which < 0.85:  # noqa: PLR2004
        text = _chinese(chance, words)
    else:
        text = f"{_english(chance, words // 2)} {_chinese(chance, words // 2)}"
    if chance.random() < _RARE:
        text = f"{text} {chance.choice(NEEDLES)}"
    return text


def _english(chance: random.Random, words: int) -> str:
    chosen = chance.choices(_ENGLISH, k=max(words, 2))
    return f"{chosen[0].capitalize()} {' '.join(chosen[1:])}{chance.choice(_ENDS)}"


def _chinese(chance: random.Random, words: int) -> str:
    chosen = chance.choices(_CHINESE, k=max(words, 2))
    half = len(chosen) // 2
    return f"{''.join(chosen[:half])}，{''.join(chosen[half:])}{chance.choice(_CHINESE_ENDS)}"
