"""What our objects do not have, no page of a test asks them for."""

import pytest
from django.template import Context, Template

from numbering.domain.keyset import Count


@pytest.mark.parametrize("source", ["{{ count.numbr }}", "{% if count.numbr %}{% endif %}"])
def test_a_page_that_asks_one_of_our_objects_for_what_it_lacks_fails(source: str) -> None:
    with pytest.raises(AssertionError, match="Count has no numbr"):
        Template(source).render(Context({"count": Count(1)}))


@pytest.mark.parametrize("source", ["{{ count.number }}", "{{ nothing }}", "{{ words.none }}"])
def test_what_is_there_or_nobodys_is_shown(source: str) -> None:
    shown = Template(source).render(Context({"count": Count(1), "words": {}}))
    assert shown in {"1", ""}
