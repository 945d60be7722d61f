"""Likes, dislikes, favourites, hobbies, skills."""

from __future__ import annotations

from perdure.rules.patterns.base import NounRule, Rule

_TO = r"(?: to (?:eat |drink |play |watch |listen to |read )?| eating| drinking| listening to| watching)?"
_LOVERS = r"(?:(?:a|an|the) )?(?:big |huge |massive |real |total |lifelong |die-?hard |great |avid |passionate )*"

RULES: tuple[Rule, ...] = (
    Rule(
        "like",
        r" my (?P<likes__whole>\w+ (?:black|with|without|well|medium|rare|extra|hot|iced|strong|sweet|spicy|plain).*)",
        kind="preference",
    ),
    Rule("love like enjoy mind hate dislike stand", r" (?P<likes__exact>being \w[^.;,!]{3,60})", kind="preference", deny="opposite"),
    Rule(
        "quit stop give",
        r" (?:up )?(?:playing|doing|practi[sc]ing|going to|attending|collecting) (?:the |my )?(?=(?P<end_hobby__things>.+))(?=(?P<end_routine__things>.+))(?P<end_skill__things>.+)",
        event=True,
        kind="preference",
    ),
    Rule(
        "quit stop",
        r" (?!being|eating|drinking|working|taking|liking|loving|enjoying|trying|by|at|for|in|the|my|to|doing|going)(?=(?P<end_routine__things>\w+ing\b.*))(?=(?P<end_hobby__things>\w+ing\b.*))(?P<end_likes__things>\w+ing\b.*)",
        event=True,
        kind="preference",
    ),
    Rule(
        "give",
        r" up (?:on )?(?!on\b|my |the |trying|working|hope|eating|drinking)(?=(?P<end_routine__things>.+))(?=(?P<end_hobby__things>.+))(?P<end_likes__things>.+)",
        event=True,
        kind="preference",
    ),
    Rule(
        "love like enjoy adore",
        r" (?:(?:to|both|all|eating|drinking|playing) )?(?P<likes>.+)",
        kind="preference",
        deny="opposite",
    ),
    Rule(
        "prefer",
        r" (?:to (?:\w+ )?)?(?P<likes>.+?)(?:,)? (?:over|to|rather than|instead of|more than) (?P<over>.+)",
        kind="preference",
        deny="nothing",
    ),
    Rule("prefer", r" (?:to )?(?P<likes>.+)", kind="preference", deny="nothing"),
    Rule("hate dislike detest loathe despise", r" (?:it when |all |eating )?(?P<dislikes>.+)", kind="preference"),
    Rule("=stand =bear =tolerate", r" (?P<can_dislike>.+)", kind="preference"),
    Rule(
        "=a =an =the =huge =big =not",
        rf" {_LOVERS}(?:fan|lover|enthusiast|admirer) of (?P<likes>.+)",
        needs="be",
        kind="preference",
        deny="opposite",
    ),
    Rule(
        "=a =an =huge =big",
        rf" {_LOVERS}(?P<likes__exact>(?!(?:big|huge|massive|real|total|lifelong|great|avid|passionate|such|bit)\b)(?:[\w-]+ ){{1,2}})(?:fan|lover|enthusiast|nerd|buff|addict|junkie|freak|geek|aficionado)(?=\W|$)",
        needs="be",
        kind="preference",
        deny="opposite",
    ),
    Rule(
        "=fond =crazy =passionate =obsessed =addicted =nuts =mad =keen =enthusiastic =hooked",
        r" (?:of|about|with|to|on) (?P<likes>.+)",
        needs="be",
        kind="preference",
        deny="opposite",
    ),
    Rule("=into", r" (?P<likes>.+)", needs="be", kind="preference", deny="opposite"),
    Rule("=afraid =terrified =scared", r" of (?P<dislikes>.+)", needs="be", kind="preference"),
    Rule("=sick =tired", r" of (?P<dislikes>(?!this|that|it|you).+)", needs="be", kind="preference"),
    Rule("start begin learn", r" (?:to )?(?:like|love|enjoy|liking|loving|enjoying) (?P<likes>.+)", event=True, kind="preference"),
    Rule("stop", r" (?:liking|loving|enjoying) (?P<end_likes>.+)", event=True, kind="preference"),
    Rule("fall", r" (?:out of love with) (?P<end_likes>.+)", event=True, kind="preference"),
    Rule(
        "get",
        r" (?:really |back )?(?:into|hooked on|addicted to) (?P<hobby>(?!a |an |the |my |trouble|bed|college|university|school|debt|fights?|shape|uni).+)",
        event=True,
        kind="preference",
    ),
    Rule("take", r" up (?P<hobby>.+)", event=True, kind="preference"),
    Rule(
        "play",
        r" (?:the |some )?(?P<skill__thing>(?:guitar|piano|violin|cello|drums|bass|flute|saxophone|sax|trumpet|clarinet|ukulele|harp|banjo|accordion|viola|keyboard|oboe|trombone|harmonica)\b.*)",
        kind="fact",
    ),
    Rule(
        "play do practice practise",
        r" (?P<hobby__things>(?:chess|tennis|football|soccer|basketball|volleyball|golf|badminton|cricket|rugby|hockey|squash|padel|poker|bridge|yoga|pilates|karate|judo|crossfit|"
        r"video games|board games|d&d|table tennis|water polo|baseball|softball|jiu-?jitsu|taekwondo|boxing|kickboxing|ballet|gymnastics|calligraphy|pottery|improv|archery|parkour|capoeira|frisbee|darts)\b.*)",
        kind="preference",
    ),
    Rule("collect", r" (?P<hobby__things>(?!(?:my|the|a|an|it|them) ).+)", kind="preference"),
    Rule("=play =cook =swim =code =dance =sing =drive =knit =juggle =ski =surf =paint =draw", r"(?P<skill_can>.*)"),
)

NOUNS: tuple[NounRule, ...] = (
    NounRule(
        r"(?:all-time |absolute |current |number one )*favou?rite (?P<x>[\w' -]{2,30}?)(?: ever| of all time| to \w+(?: \w+)?| in the world| growing up)?",
        "favorite_{x}",
        "favorite",
        "preference",
    ),
    NounRule(
        r"(?:main |biggest |favou?rite |new |current )*(?:hobby|hobbies|pastimes?)(?: these days)?",
        "hobby",
        "things",
        "preference",
    ),
    NounRule(r"(?:main |biggest |greatest |true )*passions?", "likes", "things", "preference"),
    NounRule(
        r"(?:main |biggest |personal |long-?term |new |current |career |fitness |ultimate )*(?:goal|dream|aim|ambition|new year'?s resolution|resolution)(?: (?:for|this) .{1,30})?",
        "goal",
        "phrase",
    ),
)
