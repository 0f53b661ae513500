"""What the demo is about: the people of the guide's example and what they send. Only values."""

from __future__ import annotations

from dataclasses import dataclass

BASE = "DEMO"
COMPANY = {"fr": "Société Démonstration", "en": "Demonstration Ltd"}
ADMIN, COLLABORATOR, MANAGER = "admin", "COM", "DIR"
LOGIN, MANAGER_LOGIN = "commercial", "direction"

SENDER_ADDRESS = "commercial@societe-demo.example"
MANAGER_ADDRESS = "direction@societe-demo.example"
CUSTOMER = "Hélène Dupré <helene.dupre@client.example>"
CUSTOMER_NAME, CUSTOMER_ADDRESS = "Hélène Dupré", "helene.dupre@client.example"
CUSTOMER_MOBILE = "06 12 34 56 78"
CUSTOMER_NUMBER = "33612345678"
ORIGINATOR = "DEMO"
ACCOUNT_REFERENCE = "EX0123456"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as its sender writes it, and the signature that the platform adds."""

    subject: str
    text: str
    signature: str
    attachment_name: str
    attachment: bytes


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment, and what becomes of it: another place on the phone, another title in the browser."""

    title: str
    place: str
    other_place: str
    other_title: str
    calendar: str


VISITS = {
    "fr": Visit(
        title="Visite chez Mme Dupré",
        place="12 rue de l’Été, Orléans",
        other_place="Café Zoé, place de la République",
        other_title="Visite chez Mme Dupré : apporter les échantillons",
        calendar="Agenda XRM",
    ),
    "en": Visit(
        title="Visit to Ms Dupré",
        place="12 rue de l’Été, Orléans",
        other_place="Café Zoé, place de la République",
        other_title="Visit to Ms Dupré: bring the samples",
        calendar="XRM agenda",
    ),
}
COLOR = "#184E77"
HOUR, OTHER_HOUR = 10, 15
LETTERS = {
    "fr": Letter(
        subject="Votre devis n° 2026-118 : rénovation de l’été",
        text=(
            "Bonjour Madame Dupré,\n\n"
            "Vous trouverez ci-joint notre devis. Les travaux peuvent commencer\n"
            "dès le 1er décembre, et l’acompte s’élève à 1 250 €.\n\n"
            "Bien cordialement,"
        ),
        signature="Camille COMMERCIAL\nSociété Démonstration · 06 23 45 67 89",
        attachment_name="Devis rénovation été.csv",
        attachment="Désignation;Quantité;Prix\nFenêtre chêne;4;1 180,00 €\nPose;1;640,00 €\n".encode(),
    ),
    "en": Letter(
        subject="Your quotation no. 2026-118: the café’s new façade",
        text=(
            "Dear Ms Dupré,\n\n"
            "Please find our quotation attached. The works can begin on the\n"
            "1st of December, and the deposit is €1,250.\n\n"
            "Kind regards,"
        ),
        signature="Camille COMMERCIAL\nDemonstration Ltd · 06 23 45 67 89",
        attachment_name="Quotation café façade.csv",
        attachment="Item;Quantity;Price\nOak window;4;€1,180.00\nFitting;1;€640.00\n".encode(),
    ),
}
SMS_TEXTS = {
    "fr": "Bonjour, votre devis est prêt 🎉 À très bientôt, l’équipe Démonstration",
    "en": "Hello, your quotation is ready 🎉 See you soon at the café, your Demonstration team",
}
