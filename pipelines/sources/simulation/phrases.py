"""What people in the simulated world say: short English texts put together from parts.

Every text is on topic (coffee) or plainly off topic. A statement never holds a question mark, a question
always does, and the brand's offers are named only where `offer` says so: the published truth rests on it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

SLOTS: dict[str, tuple[str, ...]] = {
    "origin": (
        "Ethiopia Guji", "Kenya Nyeri", "Colombia Huila", "Guatemala Antigua", "Rwanda Huye",
        "Peru Cajamarca", "Honduras Marcala", "Costa Rica Tarrazú", "Burundi Kayanza", "Brazil Cerrado",
        "Sumatra Gayo", "El Salvador Apaneca", "Yemen Haraaz", "Panama Boquete",
    ),
    "method": (
        "pour-over", "espresso", "AeroPress", "French press", "moka pot", "cold brew", "Chemex", "siphon",
        "flat white", "filter coffee", "cupping bowl", "Kalita Wave",
    ),
    "gear": (
        "burr grinder", "gooseneck kettle", "V60 dripper", "paper filter", "espresso machine", "scale",
        "portafilter", "milk pitcher", "hand grinder", "brew basket", "tamper", "cupping spoon",
    ),
    "taste": (
        "blackcurrant", "milk chocolate", "bergamot", "ripe peach", "toffee", "lime zest", "jasmine",
        "red apple", "hazelnut", "raisin", "honey", "orange blossom", "cocoa nib", "plum",
    ),
    "process": (
        "washed", "natural", "honey-processed", "anaerobic", "wet-hulled", "carbonic", "semi-washed",
        "sun-dried",
    ),
    "roast": (
        "light roast", "medium roast", "dark roast", "omni roast", "city roast", "espresso roast",
        "sample roast",
    ),
    "farm": (
        "a washing station of 300 growers", "a family farm at 1,900 metres",
        "the same cooperative as last year", "a women-led cooperative", "two brothers we met in 2016",
        "a small mill near the border", "an organic farm with shade trees",
        "a producer who replanted after the frost",
    ),
    "dose": (
        "15 g to 250 g", "18 g in, 38 g out", "20 g to 320 g", "12 g to 200 g", "30 g to half a litre",
        "1 to 16",
    ),
    "heat": ("92 degrees", "95 degrees", "just off the boil", "a cooler 88 degrees", "94 degrees"),
    "when": (
        "this morning", "last night", "today", "yesterday", "this week", "on Monday", "after lunch",
        "before dawn", "all weekend", "on the late shift", "since Tuesday", "right now",
    ),
    "who": (
        "the whole team", "our bookkeeper", "the new apprentice", "Maeve at the counter", "a regular",
        "my neighbour", "the night crew", "Tom from packing", "a visitor from Cork", "everybody here",
        "half the street",
    ),
    "feel": (
        "still smiling", "a bit tired", "pleasantly surprised", "quietly proud", "very hungry",
        "rather nervous", "completely lost", "wide awake", "grateful", "soaked to the skin",
        "in good spirits",
    ),
    "place": (
        "the harbour", "the old bridge", "Dublin", "the market square", "the station", "the park", "Galway",
        "the library", "the ring road", "the beach", "the town hall", "the hospital roof garden",
    ),
    "sport": (
        "the derby", "the rugby final", "the hurling match", "the marathon", "the cup tie",
        "the cycling stage", "the darts", "the tennis", "the relay", "the snooker",
    ),
    "weather": (
        "rain", "fog", "sleet", "sunshine", "thunder", "drizzle", "hail", "icy wind", "wild gusts", "snow",
    ),
    "show": (
        "that crime series", "the new documentary", "a film about whales", "the quiz show", "the last season",
        "an old western", "the dance contest", "a podcast on Rome", "the jazz concert", "the school play",
    ),
    "animal": (
        "dog", "cat", "fox", "seagull", "hedgehog", "pony", "parrot", "goat", "swan", "donkey",
    ),
    "thing": (
        "black umbrella", "bicycle", "left shoe", "phone charger", "bus ticket", "garden fence", "guitar",
        "printer", "suitcase", "lawn mower", "library card", "front door",
    ),
    "virtue": (
        "discipline", "courage", "patience", "focus", "gratitude", "ambition", "belief", "hustle", "kindness",
        "consistency", "vision", "resilience",
    ),
    "reward": (
        "success", "growth", "freedom", "greatness", "results", "momentum", "happiness", "victory", "wealth",
    ),
    "first": (
        "Honestly", "Quick note", "For the record", "Small joy", "Update", "Confession", "Reminder",
        "Good news", "Fun fact", "Overheard", "True story", "Heads up",
    ),
}  # fmt: skip

COFFEE = (
    "{first}: the {process} {origin} coffee tastes of {taste} and {taste2} as {method}.",
    "Dialled in the {origin} espresso {when}: {dose}, {heat}, lots of {taste}.",
    "A {gear} changes your {method} more than any new beans; {who} proved it {when}.",
    "The new {origin} coffee comes from {farm}, {process}, with {taste} in the cup.",
    "{first}: grind finer for {method}, rinse the {gear}, and the coffee opens up to {taste}.",
    "Our {roast} of the {origin} came out of the roaster {when}: {taste}, {taste2}, a long finish.",
    "Cupped nine coffees {when}; {who} picked the {process} {origin} for its {taste}.",
    "We paid well above the coffee market price to {farm} in {origin}, and the beans show it.",
    "Brew ratio of the day for {method}: {dose} at {heat}, for {taste} without bitterness.",
    "Harvest in {origin} is late this year, says {farm}; expect more {taste} in the coffee.",
    "Cleaned every {gear} {when}; stale coffee oil is why {method} turns bitter.",
    "{who} swears by {method} with a {roast}: {taste} first, then {taste2}.",
    "The {gear} matters: even coffee grounds made our {method} taste of {taste} {when}.",
    "Roast log: {origin}, {process}, first crack late, dropped as {roast}, smells of {taste}.",
)  # fmt: skip
COFFEE_MORE = (
    "Rest the beans a week.", "More {taste} as the cup cools.", "Freshly ground, always.",
    "Best as {method}.", "Worth a cupping with {who}.", "Try it as a {roast}.", "The crema was thick.",
    "{who} wants a second cup.", "Keep the {gear} warm.", "The {origin} growers deserve the credit.",
    "No sugar needed.", "Decaf drinkers, be patient.", "The {process} lots are next.",
    "Notes of {taste2} too.", "The grinder thanks you.",
)  # fmt: skip
CHAT = (
    "{first}: {weather} over {place} {when}, and {who} is {feel}.",
    "{who} watched {sport} {when} and came home {feel}.",
    "Somebody left a {thing} near {place} {when}; {who} is looking for the owner.",
    "Finished {show} {when}; {feel}, that is all we can say.",
    "{first}: a {animal} chased the {animal2} across {place} {when}.",
    "The traffic by {place} {when} was terrible, blame {sport}.",
    "{who} lost a {thing} on the way to {place} {when}.",
    "Three hours of {weather}, then {weather2}. {who} is {feel}.",
    "The train to {place} was cancelled {when}; {who} walked and is {feel}.",
    "{first}: {show} was better than {sport} {when}.",
    "{who} taught the {animal} to ignore the {thing} {when}.",
    "Happy birthday to {who}, {feel} after {sport} {when}.",
    "The choir sang at {place} {when}, {weather} and all.",
    "Elections, {weather} and {sport}: quite a week around {place}.",
)  # fmt: skip
CHAT_MORE = (
    "The {animal} slept through it.", "No more {weather} please.", "{who} took photographs.",
    "See you at {place}.", "The {thing} survived.", "Next stop {place}.", "We blame {sport}.",
    "Now for {show}.", "Everybody is {feel}.", "Typical {weather}.", "Ask {who} about the {thing}.",
    "The bus was late again.", "Holidays soon.",
)  # fmt: skip
PLATITUDES = (
    "{virtue} beats talent. {virtue2} beats luck. {who} knows.",
    "{first}: {reward} follows {virtue}, never the other way round, {when} more than ever.",
    "Wake up with {virtue}, go to bed with {virtue2}, and {reward} will find {place}.",
    "Your only limit is your lack of {virtue}. {reward} belongs to the {feel}.",
    "Winners choose {virtue} {when}. Others choose {show}.",
    "{reward} is a habit, {virtue} is a choice, {virtue2} is a lifestyle.",
    "Tag a friend who needs {virtue} {when} and deserves {reward}.",
    "Dream of {reward}. Live with {virtue}. Dance in the {weather}.",
    "{who} doubted us {when}. {virtue} answered with {reward}.",
)  # fmt: skip
COFFEE_QUESTIONS = (
    "Which {method} recipe would you use for it?", "Do you taste {taste} in yours?",
    "Who else brews {method} {when}?", "Light or dark for {method}?", "What is your {gear} worth to you?",
    "Anybody tried the {origin} as {method}?", "Washed or natural {origin}?",
    "How fine do you grind for {method}?",
)  # fmt: skip
CHAT_QUESTIONS = (
    "Did you see {sport}?", "Who else is {feel}?", "Is there {weather} where you are?",
    "What did you do {when}?", "Has anybody seen a {animal} near {place}?", "Should we watch {show}?",
    "Who borrowed the {thing}?", "Anyone else {feel} {when}?",
)  # fmt: skip
OFFER_LINES = (
    "Now open: the {offer}.", "Last days for the {offer}.", "The {offer} is back.",
    "Treat yourself to the {offer}.", "Only a few places left in the {offer}.", "Give somebody the {offer}.",
    "Everybody asks for the {offer}.",
)  # fmt: skip
ANSWERS = (
    "Thank you!", "Good point.", "Glad you asked.", "Ha, fair.", "Lovely to hear.", "Sorry about that.",
    "Yes!", "Not quite.", "Great question.", "Same here.", "Well spotted.", "Let us check.", "Cheers.",
)  # fmt: skip
VISITORS = (
    "Loved the {origin} {when}, so much {taste}.", "My {gear} broke {when}, any advice welcome.",
    "This made my day.", "I disagree, {method} is better with {taste}.", "Best coffee near {place}.",
    "Saving this for {when}.", "So true.", "Brought a bag home for {who}, everybody is {feel}.",
    "My order is late and I am {feel}.", "Well done, {who}.", "I prefer the {process} one from {origin}.",
    "Tried {dose} at {heat}: {taste}, finally.", "Agreed, all of it.",
    "The {roast} was a bit too much for {method}.", "Saw you at {place} {when}.",
    "Congratulations from {place}.",
)  # fmt: skip
VISITOR_QUESTIONS = (
    "Do you ship to {place}?", "Which {gear} do you recommend?", "Is the {origin} still available?",
    "How much is it?", "Would {heat} work for {method}?", "Are you open {when}?",
    "Can I use a {roast} for {method}?", "Is it {process}?", "What ratio for {method}?",
    "Where do the {taste} notes come from?",
)  # fmt: skip
HASHTAGS = ("coffee", "specialtycoffee", "pourover", "homebarista", "coffeeroasting")

_SENTENCE = re.compile(r"^[a-z]|(?<=\. )[a-z]")
_SLOT = re.compile(r"\{(\w+?)2?\}")


def _say(rng: random.Random, pool: Sequence[str]) -> str:
    text = _SLOT.sub(lambda slot: rng.choice(SLOTS[slot[1]]), rng.choice(pool))
    return _SENTENCE.sub(lambda letter: letter[0].upper(), text)


def statement(rng: random.Random, *, on_topic: bool, platitude: bool = False) -> str:
    """Return one or two sentences without a question mark."""
    if on_topic:
        return f"{_say(rng, COFFEE)} {_say(rng, COFFEE_MORE)}"
    if platitude:
        return _say(rng, PLATITUDES)
    return f"{_say(rng, CHAT)} {_say(rng, CHAT_MORE)}"


def question(rng: random.Random, *, on_topic: bool) -> str:
    """Return one sentence with a question mark."""
    return _say(rng, COFFEE_QUESTIONS if on_topic else CHAT_QUESTIONS)


def offer(rng: random.Random, name: str) -> str:
    """Return a sentence that names the offer."""
    return rng.choice(OFFER_LINES).format(offer=name)


def answer(rng: random.Random, *, on_topic: bool) -> str:
    """Return what an account of the brand says to a person."""
    return f"{rng.choice(ANSWERS)} {statement(rng, on_topic=on_topic)}"


def visitor(rng: random.Random, *, asks: bool) -> str:
    """Return what a person says to the brand."""
    return _say(rng, VISITOR_QUESTIONS if asks else VISITORS)


def fingerprint(text: str) -> str:
    """Return a text's letters alone, case folded: near-duplicates without mentions and links are equal."""
    return "".join(filter(str.isalpha, text.casefold()))
