"""Every setting says in Chinese, too, what it is for."""

from flowdeck.settings import Settings, effective_settings
from flowdeck.settings_texts import DESCRIPTIONS_ZH


def test_each_setting_has_its_chinese_description_and_no_other_has_one() -> None:
    settings = effective_settings(Settings())

    assert {setting.name for setting in settings} == set(DESCRIPTIONS_ZH)
    assert all(setting.description_zh != setting.description for setting in settings)
