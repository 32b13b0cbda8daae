"""Radio buttons that say what each answer means, under the answer itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms


class RadioWithHelp(forms.RadioSelect):
    """`helps` has a sentence for each value that needs one (templates/django/forms/widgets/input_option.html)."""

    def __init__(self, *args: Any, helps: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helps = helps

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The option with its sentence, which its button is described by."""
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        if sentence := self.helps.get(str(value), ""):
            own_id = f"{option['attrs']['id']}_hjalp"
            option["help"], option["help_id"] = sentence, own_id
            option["attrs"] = {**option["attrs"], "aria-describedby": own_id}
        return option
