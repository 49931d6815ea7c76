"""Chinese."""

from typing import ClassVar

from core.corpus.languages.language import Language


class Chinese(Language):
    """Chinese, in simplified characters."""

    name: ClassVar[str] = "zh"
    title: ClassVar[str] = "Chinese"
    share: ClassVar[float] = 1.0
    names: ClassVar[tuple[str, ...]] = ("妈妈", "小李", "姐", "老王")
    openers: ClassVar[tuple[str, ...]] = ("{name}", "好的", "对了", "哈哈", "不好意思", "")
    cores: ClassVar[tuple[str, ...]] = (
        "今晚来吗？",
        "回来时买点牛奶",
        "我要迟到了你们先吃",
        "电费交了没有",
        "你的快递到了放门口",
        "{time}见",
        "先借我{amount}行吗",
        "生日快乐！",
        "到家给我打电话",
        "把验证码发我一下",
        "地铁又晚了",
        "面试怎么样",
    )
    closers: ClassVar[tuple[str, ...]] = ("", "", "😄", "谢谢", "嗯嗯")
    notices: ClassVar[tuple[str, ...]] = (
        "【{brand}】验证码{code}，请勿告诉他人。",
        "【{brand}】您的包裹{n}今天{time}送达。",
        "您尾号{n}的账户收入{amount}。【{brand}】",
        "【{brand}】您的账单{amount}将于{day}到期。",
    )
    offers: ClassVar[tuple[str, ...]] = (
        "恭喜您获得{amount}大奖，点击领取 {link}",
        "【{brand}】全场三折仅限今日 {link}",
        "无抵押贷款{amount}当天到账 {link}",
        "您的账户已冻结，请立即验证 {link}",
    )
    border: ClassVar[tuple[str, ...]] = (
        "【{brand}】您的积分将于{day}过期，请兑换 {link}",
        "包裹{n}投递失败，请重新预约 {link}",
    )
