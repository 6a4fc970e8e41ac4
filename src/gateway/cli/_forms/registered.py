"""The registered forms, for commands that need all of them."""

from gateway.cli._forms.checking import refuse
from gateway.cli._serve import settings_from_environment
from gateway.domain.errors import FormRefused
from gateway.forms.catalogue import Catalogue, read_catalogue


def registered_forms(as_json: bool = False) -> Catalogue:
    """The registered forms; ends the command with place and reason where one cannot be used."""
    try:
        return read_catalogue(settings_from_environment().schemas)
    except FormRefused as refusal:
        refuse(refusal, as_json)
