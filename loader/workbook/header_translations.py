"""What some of our headers are called elsewhere: enough for a guess in a draft, which a person reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.workbook.columns import BY_FIELD, header_key

if TYPE_CHECKING:
    from loader.workbook.columns import Column

_NAMES = {
    "name": "Campaign title, Title, Kampagne, Kampagnenname, Nom de la campagne, Campagne, Nom, Campaña, "
    "Nombre de la campaña, Campagna, Campanha",
    "description": "Beschreibung, Descripción, Descrizione, Descrição, Omschrijving",
    "contact_lists": "Kontaktliste, Kontaktlisten, Liste de contacts, Listes de contacts, Lista de contactos, "
    "Lista contatti, Lista de contatos, Contactlijst",
    "priority": "Priorität, Priorité, Prioridad, Priorità, Prioridade, Prioriteit",
    "dialing_mode": "Modus, Wählmodus, Mode de numérotation, Modo, Modo de marcación, Modalità",
    "caller_id": "Anrufernummer, Absendernummer, Rufnummer, Numéro appelant, Numéro, Número, Numero chiamante, CLI",
    "timezone": "Zeitzone, Fuseau horaire, Fuseau, Zona horaria, Huso horario, Fuso orario, Fuso horário, Tijdzone",
    "calling_hours": "Anrufzeiten, Heures d'appel, Horaires, Horario de llamadas, Orari",
    "max_attempts": "Max Versuche, Versuche, Tentatives max, Tentatives, Intentos, Intentos máx, Tentativi, Tentativas",
    "max_ring_time": "Klingeldauer, Klingeldauer (Sek.), Durée de sonnerie, Durée de sonnerie (s), Tiempo de timbre",
    "retry_period": "Wiederholung, Wiederholung (Min.), Délai de relance, Délai de relance (min), Reintento",
    "experience_flow": "Ablauf, Sprachablauf, Flux, Flujo, Flusso, Fluxo",
    "queue": "Warteschlange, File d'attente, Cola, Coda, Fila, Wachtrij",
}
_BY_KEY = {header_key(name): field for field, names in _NAMES.items() for name in names.split(", ")}


def translated(key: str) -> Column | None:
    """The column that a header, given by its key, probably means."""
    field = _BY_KEY.get(key)
    return BY_FIELD[field] if field else None
