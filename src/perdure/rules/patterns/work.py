"""Work, study and money."""

from __future__ import annotations

from perdure.rules.patterns.base import NounRule, Rule

_HOW = r"(?:(?:now|currently|remotely|full[- ]time|part[- ]time|freelance|mostly|mainly|still|over|there|here|from home|back|again|nights|days|weekends|shifts|night shifts?|evenings) )*"
_JOB = r"(?:new |great |dream |part-?time |full-?time |summer |second |better |permanent |remote )*(?:job|role|position|gig|internship|contract|post|offer|work)"

RULES: tuple[Rule, ...] = (
    Rule("work", rf" {_HOW}(?:at|for|with) (?P<employer>.+?),? (?:as|in the role of) (?P<job_title>.+)"),
    Rule("work", rf" {_HOW}as (?P<job_title>.+?) (?:at|for|with) (?P<employer>.+)"),
    Rule("work", rf" {_HOW}as (?P<job_title>.+)"),
    Rule("work", rf" {_HOW}(?:over )?(?:at|for) (?P<employer>.+)"),
    Rule("=employed", r" (?:at|by|with) (?P<employer>.+?)(?: as (?P<job_title>.+))?$", needs="be"),
    Rule("=with", r" (?P<employer__proper_org>.+?) as (?P<job_title>.+)", needs="be"),
    Rule(
        "=the =a =an =one",
        r" (?P<job_title__exact>(?:[\w-]+ )?(?:ceo|cto|cfo|coo|cmo|founder|co-founder|cofounder|president|owner|mayor|dean|principal|chairman|chairwoman)) of (?P<employer__proper_org>.+)",
        needs="be",
    ),
    Rule("=a =an =the =one", r" (?P<job_title__job>.+?) (?:at|for|with) (?P<employer>.+)", needs="be"),
    Rule("=a =an =the =one", r" (?P<job_title__job>.+)", needs="be"),
    Rule(
        "=head =lead =director =vp =president =chief =ceo =cto =cfo =coo =founder =co-founder =chair",
        r"(?P<job_title_head>)(?= (?:of|at)\b|$)",
        needs="be",
    ),
    Rule("=promoted", r" (?:from .+? )?to (?P<job_title>.+?)(?: at (?P<employer>.+))?$", event=True),
    Rule("get", r" (?:just |recently )?promoted (?:from .+? )?(?:to|as) (?P<job_title>.+?)(?: at (?P<employer>.+))?$", event=True),
    Rule(
        "get land find start take accept begin have",
        rf" (?:hired for |myself )?(?:a|an|my|the|this)? ?{_JOB} as (?P<job_title>.+?) (?:at|with|for) (?P<employer>.+)",
        event=True,
    ),
    Rule(
        "get land find start take accept begin have",
        rf" (?:a|an|my|the|this)? ?{_JOB} (?:at|with|for) (?P<employer>.+?)(?: as (?P<job_title>.+))?$",
        event=True,
    ),
    Rule("get land find start take accept begin have", rf" (?:a|an|my|the|this)? ?{_JOB} as (?P<job_title>.+)", event=True),
    Rule(
        "get land find start take accept begin have",
        r" (?:a|an) (?P<job_title__job>.+?) (?:job|role|position) (?:at|with) (?P<employer>.+)",
        event=True,
    ),
    Rule("get", r" hired (?:at|by) (?P<employer>.+?)(?: as (?P<job_title>.+))?$", event=True),
    Rule("=hired", r" (?:at|by) (?P<employer>.+?)(?: as (?P<job_title>.+))?$", needs="be", event=True),
    Rule("start begin", r" (?:working|work|out) (?:as (?P<job_title>.+?) )?(?:at|for|with) (?P<employer>.+)", event=True),
    Rule("start begin", r" (?:working |work )as (?P<job_title>.+)", event=True),
    Rule("start", r" at (?P<employer__proper_org>.+?)(?: as (?P<job_title>.+))?$", event=True),
    Rule("join", r" (?P<employer__proper_org>.+?) as (?P<job_title>.+)", event=True),
    Rule("join", r" (?P<employer__proper_org>.+)", event=True),
    Rule("become", r" (?P<job_title__job>.+?)(?: (?:at|for) (?P<employer>.+))?$", event=True),
    Rule("switch change", r" (?:jobs?|companies|employers?) from (?P<end_employer>.+?) to (?P<employer>.+)", event=True),
    Rule(
        "leave quit resign",
        r" (?:from )?(?:my |the )?(?:\w+ )?(?:job|role|position|post|work|internship) (?:at|with) (?P<end_employer>.+?)(?: (?:to|for|and) (?:join|joined|a (?:job|role) at|start at|work at|work for) (?P<employer>.+))?$",
        event=True,
    ),
    Rule(
        "leave quit",
        r" (?P<end_employer__proper_org>.+?) (?:to|for|and) (?:join|joined|a (?:job|role) at|start at|work at|work for) (?P<employer>.+)",
        event=True,
    ),
    Rule("leave quit resign", r" (?:from )?(?P<end_employer__proper_org>.+)", event=True),
    Rule("quit leave lose", r" my job$", event=True),
    Rule("get", r" (?:laid off|let go|fired) (?:from|by) (?P<end_employer>.+)", event=True),
    Rule("=laid =let =fired", r" ?(?:off |go )?(?:from|by) (?P<end_employer>.+)", needs="be", event=True),
    Rule("lose", r" my job at (?P<end_employer>.+)", event=True),
    Rule("stop finish", r" working (?:at|for) (?P<end_employer>.+)", event=True),
    Rule("retire", r" from (?P<end_employer>.+)", event=True),
    Rule("study", r" (?P<studies>.+?) at (?P<school>.+)"),
    Rule("study", r" at (?P<school>.+)"),
    Rule("study", r" (?P<studies>(?!abroad|for|in |hard|all|a lot|late|every|with|too).+)"),
    Rule("major", r" in (?P<studies>.+?)(?: at (?P<school>.+))?$"),
    Rule(
        "do get pursue finish start",
        r" (?:a|my|his|her|an) (?:phd|ph\.d|master'?s?|bachelor'?s?|degree|mba|msc|bsc|doctorate|diploma)(?: degree)?(?: in (?P<studies>.+?))?(?: (?:at|from) (?P<school>.+))?$",
    ),
    Rule("attend", r" (?P<school__proper_org>.+)"),
    Rule("=enrolled", r" (?:at|in) (?P<school__proper_org>.+)", needs="be"),
    Rule("go", r" to (?P<school__proper_org>(?:the )?(?:[A-Z][\w.]+ )*(?:University|College|School|High|Academy|Institute)\b.*)"),
    Rule("graduate", r" (?:with (?:a |an )?(?:[\w' ]+?) in (?P<studies>.+?) )?from (?P<end_school>.+)", event=True),
    Rule(
        "=a",
        r" (?:[\w-]+ )?(?:student|freshman|sophomore|junior|senior|phd student|undergrad|undergraduate) (?:at|in) (?P<school__proper_org>.+)",
        needs="be",
    ),
    Rule(
        "make earn get",
        r" (?P<salary>(?:about |around |roughly )?[$€£₹]?\s?\d[\d.,]*\s?k?(?: (?:dollars|euros|pounds|usd|eur|gbp))?) (?:a|per|each|\/) ?(?:year|month|annum|hour|week)",
    ),
    Rule(
        "make earn",
        r" (?P<salary>(?:about |around |roughly )?(?:[$€£₹]\s?\d{2,3}(?:k\b|[.,]?000\b)|\d{2,3}(?:k\b|[.,]?000\b))(?: (?:dollars|euros|pounds|usd|eur|gbp))?)(?=(?: (?:now|gross|net|before tax(?:es)?|after tax(?:es)?|annually|yearly))*\s*(?:[,.;!]|$))",
    ),
    Rule("change switch", r" (?:my |our )?majors? (?:from (?P<end_studies>.+?) )?to (?P<studies>.+)", event=True),
    Rule("change", r" my (?:phone |mobile |cell )?number (?:recently |again )?to (?P<phone__exact>\+?\d[\d\s().-]{4,20}\d)", event=True),
    Rule("change", r" my e-?mail(?: address)? to (?P<email__exact>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)", event=True),
    Rule("have", r" (?:got )?a (?:\w+ )?budget of (?P<budget>.+)"),
)

NOUNS: tuple[NounRule, ...] = (
    NounRule(
        r"(?:current |new |day )?(?:job|occupation|profession)(?: title)?|(?:current |new )?(?:title|role|position)(?: at work)?",
        "job_title",
        "title",
    ),
    NounRule(r"(?:current |new )?(?:employer|company|workplace)", "employer", "org"),
    NounRule(r"(?:current |new |annual |monthly |yearly |gross |net |base )*(?:salary|income|wage|pay)", "salary", "number"),
    NounRule(r"(?:\w+ ){0,3}budget(?: for .{1,40})?", "budget", "number"),
    NounRule(r"major|field of study", "studies", "thing"),
    NounRule(r"university|college|school|alma mater", "school", "org"),
    NounRule(r"(?:[\w-]+ ){0,2}e-?mail(?: address)?", "email", "exact"),
    NounRule(
        r"(?:new |work |home |mobile |cell |personal |office )*(?:phone|mobile|cell|telephone)? ?number|(?:phone|mobile|cell)",
        "phone",
        "exact",
    ),
)
