"""What customers write: survey comments, social posts and a few messages, in French and English."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .draws import Draws, IntArray

SENTIMENTS = ("positive", "neutral", "negative")
POSITIVE, NEUTRAL, NEGATIVE = range(3)

# Openings, middles and endings by (language, sentiment); an empty string leaves the part out.
_OPENINGS: dict[tuple[int, int], Sequence[str]] = {
    (0, 0): (
        *("", "", "", "", ""),
        *(
            "Merci ! ",
            "Franchement top. ",
            "Rien à redire, ",
            "Très bonne surprise : ",
            "Bonjour, ",
            "Parfait. ",
        ),
        *("Pour une fois, ", "Bravo à Sésame et à l'équipe, ", "Je n'y croyais plus : "),
    ),
    (0, 1): (
        *("", "", "", "", "", "", ""),
        *("Bonjour, ", "Correct. ", "Mitigé : ", "Ça va. ", "Dans l'ensemble, ", "RAS, ", "Alors, "),
    ),
    (0, 2): (
        *("", "", "", "", ""),
        *(
            "Déçu. ",
            "Inadmissible ! ",
            "Bonjour, ",
            "Encore une fois, ",
            "Honnêtement, ",
            "Client depuis 4 ans : ",
        ),
        *("Je suis en colère, ", "3e message : ", "Quelle honte, "),
    ),
    (1, 0): (
        *("", "", "", "", "Thank you! ", "Great stuff. ", "Honestly impressed: ", "Hi, ", "Well done, "),
        *("Credit where due, ", "For once, "),
    ),
    (1, 1): ("", "", "", "", "", "Hi, ", "It's OK. ", "Mixed feelings: ", "Overall, ", "So, "),
    (1, 2): (
        *("", "", "", "", "Disappointed. ", "Unacceptable! ", "Hello, ", "Once again, ", "To be frank, "),
        *("Four years a customer: ", "Third message now: ", "Fed up, "),
    ),
}
_MIDDLES: dict[tuple[int, int], Sequence[str]] = {
    (0, 0): (
        "réponse claire et rapide",
        "la personne a pris le temps de m'écouter",
        "problème réglé du premier coup",
        "le technicien connaissait son sujet, la caméra remarche",
        "remboursement reçu en deux jours",
        "j'ai eu quelqu'un de compétent, ça change",
        "explications simples, même pour moi qui n'y connais rien",
        "un vrai suivi, on m'a même rappelée le lendemain",
        "conseillère adorable et efficace",
        "tout s'est débloqué en dix minutes sur le tchat",
        "la facture a été corrigée sans discuter",
        "sirène remplacée sous garantie sans que je doive insister",
        "enfin un service client joignable",
        "échange agréable, solution trouvée",
        "livraison retrouvée et geste commercial en prime",
        "on m'a guidé pas à pas pour remettre le détecteur en route",
        "réponse un dimanche, je ne m'y attendais pas",
        "mot de passe réinitialisé en deux minutes",
        "changement de formule fait dans l'heure",
        "très à l'écoute malgré mon message un peu sec",
        "la mise à jour a tout remis d'aplomb",
        "j'ai apprécié qu'on reconnaisse l'erreur",
    ),
    (0, 1): (
        "j'attends de voir si ça tient",
        "réponse un peu standard mais ça a fait le travail",
        "il a fallu renvoyer deux fois la photo de l'étiquette",
        "résolu, un peu long quand même",
        "conseiller poli, solution partielle",
        "je n'ai pas tout compris aux étapes",
        "ni bien ni mal",
        "on m'a transféré une fois, ensuite c'était bon",
        "l'application marche de nouveau, pour l'instant",
        "le délai annoncé a été tenu, sans plus",
        "est-ce que la mise à jour sort cette semaine ?",
        "à quelle heure ouvre le standard le samedi ?",
        "quelqu'un a installé la caméra extérieure sans percer ?",
        "la facture est juste, la présentation moins",
        "colis reçu, carton abîmé, contenu intact",
        "je mets la moyenne en attendant l'avoir",
        "le bot a compris la deuxième fois",
        "compatible avec une box 4G ou pas ?",
    ),
    (0, 2): (
        "trois semaines pour une réponse qui ne répond pas",
        "on me renvoie de service en service",
        "réponse copiée-collée, personne n'a lu mon message",
        "le dossier est clos alors que rien n'est réglé",
        "l'alarme se déclenche toujours à 3 h du matin",
        "j'ai dû tout réexpliquer à chaque fois",
        "toujours pas remboursé, et on me dit que c'est fait",
        "le bot tourne en rond et impossible d'avoir un humain",
        "facturé deux fois et c'est à moi de le prouver",
        "le conseiller était pressé de raccrocher",
        "colis perdu, chacun se renvoie la balle",
        "caméra hors ligne depuis lundi, aucune nouvelle",
        "j'ai attendu 25 minutes avant d'être coupé",
        "expédié en une phrase, merci le mépris",
        "résiliation demandée, prélèvement quand même",
        "votre mise à jour a cassé l'application",
        "quatre mails sans réponse",
        "la garantie refusée pour un motif absurde",
        "personne ne sait me dire comment recevoir une facture électronique",
        "promesse de rappel jamais tenue",
        "code d'accès bloqué et maison sans alarme tout le week-end",
    ),
    (1, 0): (
        "clear answer within the hour",
        "sorted in one call",
        "the agent really listened",
        "refund landed two days later",
        "she walked me through the app step by step",
        "nice to talk to somebody who knows the product",
        "camera back online in ten minutes",
        "they even called back to check",
        "no fuss over the wrong invoice",
        "friendly and quick",
        "replacement siren arrived before the weekend",
        "answered on a Saturday, didn't expect that",
        "password reset in two minutes",
        "they owned up to the mistake",
        "plan changed on the spot",
    ),
    (1, 1): (
        "solved, though it took a while",
        "a bit of a canned reply but it did the job",
        "had to send the serial number twice",
        "we'll see whether it lasts",
        "polite, half an answer",
        "neither good nor bad",
        "transferred once, then fine",
        "is there an update planned for the hub?",
        "does the Saturday line take billing questions?",
        "box was dented, content fine",
        "the bot got it the second time",
        "does it work on a 4G router?",
        "still waiting for the credit note, otherwise fine",
    ),
    (1, 2): (
        "nobody read what I wrote",
        "ticket closed, problem still there",
        "passed from desk to desk",
        "the bot kept looping and no way to reach a person",
        "charged twice and still waiting",
        "false alarms every night this week",
        "explained the same thing four times",
        "I was cut off after 20 minutes on hold",
        "a one-line answer that answers nothing",
        "parcel lost, not my fault, yet here we are",
        "offline since Monday, not a word",
        "your update broke the app",
        "four emails, no answer",
        "warranty refused for no good reason",
        "the call back never came",
        "locked out and no alarm all weekend",
    ),
}
_LINKS: dict[int, Sequence[str]] = {
    0: (", et ", ". ", ", puis ", " — ", " ; "),
    1: (", and ", ". ", ", then ", " — ", "; "),
}
_ENDINGS: dict[tuple[int, int], Sequence[str]] = {
    (0, 0): (
        *(".", ".", "", "", " !", " :)", ". Continuez comme ça !", ". Je recommande.", " 👍"),
        *(". Bonne journée à l'équipe", ". Merci encore", " ❤️", ". 5 étoiles"),
    ),
    (0, 1): (".", ".", "", "", "...", ". À suivre.", ", sans plus", ". On verra.", " 🤷"),
    (0, 2): (
        *(".", ".", "", "", " !!", "...", ". Je résilie.", " 😡", ". À fuir", ". J'attends un rappel."),
        *(", c'est lamentable", ". Je saisirai le médiateur.", " ???"),
    ),
    (1, 0): (".", ".", "", "", "!", " :)", ". Keep it up!", ". Would recommend.", " 👍", ". Cheers"),
    (1, 1): (".", ".", "", "", "...", ". We'll see.", ", nothing more"),
    (1, 2): (".", ".", "", "", "!!", "...", ". Cancelling.", " 😡", ". Avoid.", ". Call me back.", " ???"),
}
_TAGS = ("", "", "", "", "@maisonabri ", "@maisonabri ", "#maisonabri ")


def comments(
    draws: Draws, name: str, rows: IntArray, language: IntArray, sentiment: IntArray
) -> NDArray[np.object_]:
    """One text a row, in its language (0 French, 1 English) and of its sentiment (0 positive, 2 negative)."""
    texts = np.full(len(rows), "", dtype=object)
    for key, middles in _MIDDLES.items():
        chosen = np.flatnonzero((language == key[0]) & (sentiment == key[1]))
        number = rows[chosen]
        text = _chosen(draws, f"{name}.opening", number, _OPENINGS[key])
        first = draws.below(f"{name}.middle", number, len(middles))
        text = text + np.array(middles, dtype=object)[first]
        # Some say two things, never the same twice; a question ends what is said.
        second = (first + 1 + draws.below(f"{name}.more", number, len(middles) - 1)) % len(middles)
        goes_on = draws.chance(f"{name}.two", number, 0.3)
        goes_on &= ~np.array([middle.endswith("?") for middle in middles])[first]
        more = (
            _chosen(draws, f"{name}.link", number, _LINKS[key[0]]) + np.array(middles, dtype=object)[second]
        )
        texts[chosen] = np.where(goes_on, text + more, text) + _chosen(
            draws, f"{name}.ending", number, _ENDINGS[key]
        )
    manner = draws.below(f"{name}.style", rows, 10).tolist()
    return np.array(
        [_styled(text, how) for text, how in zip(texts.tolist(), manner, strict=True)], dtype=object
    )


def posts(
    draws: Draws, name: str, rows: IntArray, language: IntArray, sentiment: IntArray
) -> NDArray[np.object_]:
    """The same as `comments`, sometimes naming the company's account as posts on social networks do."""
    return _chosen(draws, f"{name}.tag", rows, _TAGS) + comments(draws, name, rows, language, sentiment)


def _chosen(draws: Draws, name: str, rows: IntArray, phrases: Sequence[str]) -> NDArray[np.object_]:
    return np.array(phrases, dtype=object)[draws.below(name, rows, len(phrases))]


def _styled(text: str, manner: int) -> str:
    """Sentences begin with a capital; some people write all in lower case, some drop apostrophes."""
    text = text.replace("?.", " ?" if " ?." in text else "?").replace("  ", " ")
    if manner == 0:
        return text.lower()
    if manner == 1:
        text = text.replace("'", " ")
    sentences = text.split(". ")
    return ". ".join(part[:1].upper() + part[1:] for part in sentences)
