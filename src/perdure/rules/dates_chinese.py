"""Time phrases in Chinese, which does not separate words: one pattern, read left to right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from perdure.rules import dates_calendar as cal
from perdure.rules.dates_calendar import DAY, Grain, Stretch

Relation = Literal["at", "since", "until", "by", "before", "after", "every"]

DAYS = {
    "前天": -2,
    "昨天": -1,
    "昨晚": -1,
    "昨日": -1,
    "今天": 0,
    "今日": 0,
    "今晚": 0,
    "今早": 0,
    "明天": 1,
    "明日": 1,
    "明晚": 1,
    "后天": 2,
    "後天": 2,
}
YEARS = {"前年": -2, "去年": -1, "今年": 0, "明年": 1, "后年": 2, "後年": 2}
GRAINS: dict[str, Grain] = {
    "天": "day",
    "日": "day",
    "周": "week",
    "週": "week",
    "星期": "week",
    "礼拜": "week",
    "个月": "month",
    "個月": "month",
    "月": "month",
    "年": "year",
    "小时": "hour",
    "季度": "quarter",
}
NUMBERS = {
    "一": 1,
    "二": 2,
    "两": 2,
    "兩": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
    "几": 3,
    "幾": 3,
    "半": 0,
}
WEEKDAYS = {
    "一": 0,
    "二": 1,
    "三": 2,
    "四": 3,
    "五": 4,
    "六": 5,
    "日": 6,
    "天": 6,
    "末": 9,
    "1": 0,
    "2": 1,
    "3": 2,
    "4": 3,
    "5": 4,
    "6": 5,
    "7": 6,
}
SEASONS = {"春": 0, "夏": 1, "秋": 2, "冬": 3}
HOLIDAYS = {
    "圣诞节": "12-25",
    "聖誕節": "12-25",
    "圣诞": "12-25",
    "元旦": "01-01",
    "国庆节": "10-01",
    "情人节": "02-14",
    "万圣节": "10-31",
}
NUMBER = r"[0-9]{1,3}|[一二两兩三四五六七八九十几幾]{1,3}"
UNIT = "天|日|个?星期|個?星期|个?礼拜|周|週|个月|個月|年|个?小时"
PATTERN = re.compile(
    rf"(?P<lead>自从|自從|从|從|自|直到|到|在|于)?(?:"
    rf"(?P<day>{'|'.join(DAYS)})"
    rf"|(?P<rolling>过去|過去|最近|未来|未來|接下来)的?(?P<rn>{NUMBER})(?P<ru>{UNIT})"
    rf"|(?P<every>每天|每日|每周|每週|每个?星期|每月|每个月|每年)(?P<ewd>[一二三四五六日天1-7](?![0-9月年天]))?"
    rf"|(?P<wrel>上上|上|这|這|本|下下|下)?个?(?P<wk>周|週|星期|礼拜)(?P<wd>[一二三四五六日天末1-7](?![0-9月年]))"
    rf"|(?P<rel>上上|上|这|這|本|下下|下)(?:个|個)?(?P<unit>周|週|星期|礼拜|月|季度|学期)"
    rf"|(?P<an>{NUMBER})(?P<au>{UNIT})(?P<dir>之前|以前|前|之后|以后|后|後)"
    rf"|(?P<yrel>{'|'.join(YEARS)})(?:(?P<ym>[0-9]{{1,2}}|[一二三四五六七八九十]{{1,2}})月(?:(?P<yd>[0-9]{{1,2}}|[一二三四五六七八九十]{{1,3}})[日号號])?|(?P<ys>[春夏秋冬])[天季]|(?P<yh>{'|'.join(HOLIDAYS)}))?"
    rf"|(?P<y>(?:19|20)[0-9]{{2}})年?(?:(?P<m>[0-9]{{1,2}})月(?:(?P<d>[0-9]{{1,2}})[日号號])?|(?P<s>[春夏秋冬])[天季])?(?![0-9])"
    rf"|(?P<om>[0-9]{{1,2}}|[一二三四五六七八九十]{{1,2}})月(?:(?P<od>[0-9]{{1,2}}|[一二三四五六七八九十]{{1,3}})[日号號]|份)"
    rf"|(?P<holiday>{'|'.join(HOLIDAYS)})"
    r")(?P<tail>起|开始|以来|以來|之前|以前|之后|以后|为止)?"
)
FUTURE = re.compile("将|將|会|會|要|打算|计划|計劃|准备|預約|预约|下")
RELATIVE = {"上上": -2, "上": -1, "这": 0, "這": 0, "本": 0, "下": 1, "下下": 2}


def number(text: str) -> int:
    """A number below 100 in digits or Chinese numerals."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.partition("十")
    return (NUMBERS.get(tens, 1) * 10 if ten else 0) + (NUMBERS.get(ones if ten else tens, 0))


def find_chinese(text: str, anchor: datetime) -> Iterator[tuple[Stretch, int, int, Relation]]:
    """The Chinese time phrases of `text`: stretch (naive, local to `anchor`), first and last character, relation."""
    for m in PATTERN.finditer(text):
        if m["y"] is not None and not (m["lead"] or m["tail"] or m["m"] or m["s"]) and "年" not in m.group():
            continue  # four digits without 年 are left to the other reader
        try:
            stretch, relation = _read(m, anchor, text)
        except (ValueError, OverflowError):
            continue
        bounded = _bounded(anchor, stretch, relation)
        if bounded[0] < bounded[1]:
            yield bounded, m.start(), m.end(), relation


def _bounded(anchor: datetime, s: Stretch, relation: Relation) -> Stretch:
    start, end = s
    match relation:
        case "since":
            return start, anchor if anchor > start else end
        case "after":
            return end, anchor if anchor > end else end + (end - start)
        case "until":
            return min(anchor, start), end
        case "before":
            return min(anchor, start - (end - start)), start
        case _:
            return s


def _read(m: re.Match[str], anchor: datetime, text: str) -> tuple[Stretch, Relation]:
    lead, tail = m["lead"] or "", m["tail"] or ""
    relation: Relation = "at"
    if tail in {"起", "开始", "以来", "以來"} or lead in {"自从", "自從", "自"} or (lead in {"从", "從"}):
        relation = "since"
    elif tail in {"之前", "以前"}:
        relation = "before"
    elif tail in {"之后", "以后"}:
        relation = "after"
    elif lead in {"直到", "到"} or tail == "为止":
        relation = "until"
    if m["every"]:
        return _every(m, anchor), "every"
    sentence = text[max(0, m.start() - 12) : m.end() + 12]
    return _stretch(m, anchor, 1 if FUTURE.search(sentence) else -1), relation


def _every(m: re.Match[str], anchor: datetime) -> Stretch:
    kind = m["every"]
    if m["ewd"]:
        today = cal.midnight(anchor)
        start = today + DAY * ((WEEKDAYS[m["ewd"]] - today.weekday()) % 7)
        return start, start + DAY
    grain: Grain = "month" if "月" in kind else "year" if "年" in kind else "day" if kind in {"每天", "每日"} else "week"
    return cal.around(anchor, grain)


def _stretch(m: re.Match[str], anchor: datetime, tense: int) -> Stretch:
    if m["day"]:
        start, end = cal.shifted(anchor, "day", DAYS[m["day"]])
        if "晚" in m["day"]:
            return start + 18 * cal.TIME_IN["hour"], start + 30 * cal.TIME_IN["hour"]
        return (start + 5 * cal.TIME_IN["hour"], start + 12 * cal.TIME_IN["hour"]) if "早" in m["day"] else (start, end)
    if m["rolling"]:
        grain, count = _grain(m["ru"]), number(m["rn"])
        if m["rolling"] in {"过去", "過去", "最近"}:
            return cal.midnight(cal.add(anchor, grain, -count)), anchor
        return anchor, cal.midnight(cal.add(anchor, grain, count)) + DAY
    if m["wd"]:
        return _weekday(m, anchor, tense)
    if m["rel"]:
        return cal.shifted(anchor, "quarter" if m["unit"] == "季度" else _grain(m["unit"]), RELATIVE[m["rel"]])
    if m["an"]:
        return cal.shifted(anchor, _grain(m["au"]), number(m["an"]) * (-1 if "前" in m["dir"] else 1))
    if m["yrel"]:
        return _in_year(anchor.year + YEARS[m["yrel"]], m["ym"], m["yd"], m["ys"], m["yh"])
    if m["y"]:
        return _in_year(int(m["y"]), m["m"], m["d"], m["s"], None)
    years = range(max(1, anchor.year - 2), min(9998, anchor.year + 2) + 1)
    return cal.nearest(anchor, [_in_year(y, m["om"], m["od"], None, m["holiday"]) for y in years], tense)


def _grain(unit: str) -> Grain:
    return GRAINS.get(unit) or GRAINS[unit[1:]]


def _weekday(m: re.Match[str], anchor: datetime, tense: int) -> Stretch:
    monday = cal.around(anchor, "week")[0]
    which = WEEKDAYS[m["wd"]]
    start = monday + DAY * (5 if which == 9 else which)
    length = 2 * DAY if which == 9 else DAY
    if m["wrel"]:
        start += 7 * DAY * RELATIVE[m["wrel"]]
    elif tense < 0 and start >= cal.midnight(anchor) and which != 9:
        start -= 7 * DAY
    elif tense > 0 and start <= cal.midnight(anchor):
        start += 7 * DAY
    return start, start + length


def _in_year(year: int, month: str | None, day: str | None, season: str | None, holiday: str | None) -> Stretch:
    if holiday:
        return cal.holiday(HOLIDAYS[holiday], year)
    if season:
        return cal.season(year, SEASONS[season])
    if month is None:
        return cal.year(year)
    return cal.day(year, number(month), number(day)) if day else cal.month(year, number(month))
