"""Tables that are filled from the models alone: emptying them between tests gains nothing."""

OF_THE_MODELS = frozenset({"django_content_type", "auth_permission"})
