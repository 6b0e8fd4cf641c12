"""Figures and error groups."""

from flowdeck.errors.base import Invalid, NotFound


class ErrorGroupNotFound(NotFound):
    code = "error_group_not_found"
    en = "Error group {group_id} does not exist."
    zh = "错误组 {group_id} 不存在。"
    group_id: str


class TimeRangeReversed(Invalid):
    code = "time_range_reversed"
    en = "The time range ends before it starts."
    zh = "时间范围的结束早于开始。"


class TimeRangeUnknown(Invalid):
    code = "time_range_unknown"
    en = "{time_range} is not a time range. Write for example 30m, 24h, 7d or 4w; the longest is 366d."
    zh = "{time_range} 不是时间范围；请写作 30m、24h、7d 或 4w，最长 366d。"
    time_range: str


class TimeRangeTooLong(Invalid):
    code = "time_range_too_long"
    en = "The time range is longer than {days} days."
    zh = "时间范围超过 {days} 天。"
    days: int


class TimeZoneUnknown(Invalid):
    code = "time_zone_unknown"
    en = "Time zone {name} does not exist."
    zh = "时区 {name} 不存在。"
    name: str
