"""Real posts with a topic and the truth whether they are on it, to measure relevance against.

Data: the folder named by RAPPORT_DATA, else ../shared/data beside the repository. Topics were written once
from what is generally known of an event and were not tuned.

- CrisisLexT6 (Olteanu et al. 2014): four crises, about 10,000 posts each, labelled by people.
- Airline: customers' posts to six airlines against the crises' off-topic posts. Hard: many just say "thanks".
- RumourEval 2017: the first posts of five events, each against the others and everyday posts. Easy, small.
- Troll factory: its "Commercial" accounts, mostly on fitness, against everyday posts. The label is the
  account's, not the post's: 23 % of them hold no word of fitness. It takes no part in the fit.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.brand import Topic
from pipelines.scoring.text import clean


class Labelled(NamedTuple):
    """A topic with posts that are on it or not. `weight` in the fit; 0 keeps a set out of it."""

    family: str
    name: str
    topic: Topic
    texts: list[str]
    on: NDArray[np.bool_]
    weight: float


def topic(name: str, description: str, keywords: str) -> Topic:
    return Topic(name=name, description=description, keywords=tuple(keywords.split(", ")))


CRISES = {
    "2013_Boston_Bombings": topic(
        "Boston Marathon bombings",
        "News about the bomb attack at the Boston Marathon, its victims and the hunt for the suspects",
        "Boston, marathon, bombing, explosion, suspect, police, victims, manhunt",
    ),
    "2013_Oklahoma_Tornado": topic(
        "Oklahoma tornado",
        "The tornado that hit Moore near Oklahoma City, the damage, and help for the people there",
        "tornado, Oklahoma, Moore, storm, damage, relief, survivors, weather",
    ),
    "2013_Queensland_Floods": topic(
        "Queensland floods",
        "Floods and heavy rain in Queensland, Australia, warnings, evacuations and damage",
        "flood, Queensland, Brisbane, Bundaberg, rain, river, evacuation, cyclone",
    ),
    "2013_West_Texas_Explosion": topic(
        "West Texas explosion",
        "The explosion of a fertilizer plant in West, Texas, the injured and the firefighters",
        "explosion, Texas, fertilizer, plant, Waco, firefighters, injured, fire",
    ),
}
AIRLINE = topic(
    "Airline customer service",
    "Passengers tell an airline about flights, delays, cancellations, lost bags and service",
    "flight, airline, delayed, cancelled, baggage, airport, customer service, ticket",
)
FITNESS = topic(
    "Fitness and weight loss",
    "Exercise, workouts, diets and losing weight",
    "fitness, workout, exercise, weight loss, diet, gym, muscle",
)
RUMOURS = {
    "sydneysiege": topic(
        "Sydney siege",
        "A gunman holds hostages in a cafe in Sydney",
        "hostages, siege, gunman, Sydney, cafe, police",
    ),
    "ferguson": topic(
        "Ferguson unrest",
        "Protests after police shot Michael Brown in Ferguson, Missouri",
        "Ferguson, police, protest, shooting, Mike Brown, officer",
    ),
    "charliehebdo": topic(
        "Charlie Hebdo attack",
        "Gunmen attack the satirical newspaper Charlie Hebdo in Paris",
        "Charlie Hebdo, Paris, shooting, cartoonists, terrorists, gunmen",
    ),
    "ottawashooting": topic(
        "Ottawa shooting",
        "A soldier is shot at the war memorial and a gunman enters parliament in Ottawa",
        "Ottawa, shooting, Parliament Hill, soldier, gunman, Canada",
    ),
    "germanwings-crash": topic(
        "Germanwings crash",
        "A Germanwings airliner crashes in the French Alps",
        "Germanwings, plane crash, Airbus A320, Alps, Lufthansa, pilot",
    ),
}


def data_folder() -> Path:
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(os.environ.get("RAPPORT_DATA", beside))


def load(folder: Path) -> list[Labelled]:
    """Read all sets. Posts without words are left out: they are not scored."""
    crises = [_crisis(folder, name, about) for name, about in CRISES.items()]
    everyday = [text for each in crises for text, on in zip(each.texts, each.on, strict=True) if not on]
    random.Random(1).shuffle(everyday)
    with (folder / "airline_sentiment" / "Tweets.csv").open(newline="", encoding="utf-8") as file:
        airline = [row["text"] for row in csv.DictReader(file)]
    return [
        *crises,
        _labelled("Airline", "Airline", AIRLINE, airline, everyday[:14_000], 1.0),
        *_rumours(folder / "rumoureval2017", everyday[:3_000]),
        _labelled("Troll factory", "fitness", FITNESS, _fitness(folder), everyday[:5_000], 0.0),
    ]


def _crisis(folder: Path, name: str, about: Topic) -> Labelled:
    path = folder / "crisislex" / "CrisisLexT6" / name / f"{name}-ontopic_offtopic.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    on = [row[1] for row in rows if row[2] == "on-topic"]
    off = [row[1] for row in rows if row[2] != "on-topic"]
    return _labelled("CrisisLex", name[5:].replace("_", " "), about, on, off, 1.0)


def _rumours(folder: Path, everyday: list[str]) -> list[Labelled]:
    with gzip.open(folder / "labels.jsonl.gz", "rt", encoding="utf-8") as file:
        events = {label["id"]: label["event"] for label in map(json.loads, file)}
    by_event: dict[str, list[str]] = {}
    with gzip.open(folder / "tweets.jsonl.gz", "rt", encoding="utf-8") as file:
        for post in map(json.loads, file):
            if post.get("in_reply_to_status_id") is None and str(post["id"]) in events:
                by_event.setdefault(events[str(post["id"])], []).append(post["text"])
    sets = []
    for name, about in RUMOURS.items():
        others = [text for event, texts in by_event.items() if event != name for text in texts]
        sets.append(_labelled("RumourEval", name, about, by_event[name], others + everyday, 0.25))
    return sets


def _fitness(folder: Path) -> list[str]:
    """A random 5,000 of the category: the file goes by author, so its head is one author's other trade."""
    with gzip.open(folder / "ira_troll" / "ira_content.csv.gz", "rt", encoding="utf-8", newline="") as file:
        texts = [
            row["content"]
            for row in csv.DictReader(file)
            if (row["account_category"], row["language"]) == ("Commercial", "English")
            and row["retweet"] != "1"
        ]
    return random.Random(1).sample(texts, 5_000)


def _labelled(family: str, name: str, about: Topic, on: list[str], off: list[str], weight: float) -> Labelled:
    labels = [(text, True) for text in on if clean(text)] + [(text, False) for text in off if clean(text)]
    return Labelled(family, name, about, [t for t, _ in labels], np.array([o for _, o in labels]), weight)
