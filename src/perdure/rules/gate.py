"""Which sentences may be remembered at all: the tables of what is a question, a request, make-believe, private, transient.

The gate errs on the side of forgetting: what it lets through is a statement somebody makes about themselves or their world.
"""

from __future__ import annotations

from dataclasses import dataclass

from perdure.rules.lazy import any_of, rx

_HIJACK = any_of(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,40}\b(?:instruction|prompt|rule|guideline|polic|safety)",
    r"\b(?:reveal|print|show|leak)\b[^.!?\n]{0,30}\bsystem prompt",
    r"\b(?:jailbreak|developer mode|dan mode)\b",
    r"</?(?:system|assistant|instructions?)>",
)
_PLANTED = any_of(
    r"\b(?:admin|root|system|master|superuser)(?:istrator)?(?:'s)? (?:password|credential|account|key|token|access)",
    r"\b(?:save|store|record|remember|memori[sz]e|note|add)\b[^.!?\n]{0,40}\b(?:the|this|every|all) users?\b[^.!?\n]{0,20}\b(?:is|are|has|have)\b",
    r"\b(?:you|assistant|ai|bot|chatbot) (?:must|should|shall|have to|will) (?:always|never|now|obey|remember|store|save)\b",
    r"\bI(?:'m| am) (?:the|an|your) (?:admin|administrator|root|developer|creator|owner of this)\b",
)
_NEVER_SAVE = any_of(
    r"(?<!\bi )(?<!you )(?<!we )(?<!they )\b(?:don'?t|do not|never|please don'?t|no need to|you needn'?t) "
    r"(?:you )?(?:ever )?(?:remember|save|store|record|memori[sz]e|keep|log|write down|note)\b(?: (?:any of )?(?:this|that|it|these|what|my|anything|the following)|[.,:!]|$)",
    r"\b(?:shouldn'?t|mustn'?t|not) be (?:remembered|saved|stored|recorded|logged)",
    r"\bnicht (?:merken|speichern)\b",
    r"\bne (?:retiens|mémorise|sauvegarde)[sz]? pas\b",
    r"\bno (?:recuerdes|guardes|memorices)\b",
)
_UNSAY = any_of(
    r"^(?:please |just |actually,? |ok(?:ay)?,? |sorry,? )*(?:forget|ignore|disregard|scratch|strike|delete) "
    r"(?:that )?(?:i (?:ever )?(?:said|told|mentioned|wrote)|what i (?:just )?(?:said|told|wrote|mentioned)|my last (?:message|sentence)|that last)",
    r"^(?:please |just |actually,? )*(?:forget|scratch|strike|disregard|ignore|delete) (?:that|this|it)[.! ]*$",
)
_PRIVATE = any_of(
    r"\boff the record\b",
    r"\bkeep (?:this|it|that) to yourself\b|\b(?:don'?t|do not) tell any(?:one|body)\b",
    r"\b(?:just )?between (?:you and me|us)\b",
    r"\b(?:just|only) (?:for|in|during|within) (?:this|the current) (?:chat|session|conversation|thread)\b",
    r"\b(?:for|in|during) (?:this|the current) (?:chat|session|conversation|thread)(?: only| alone|,)",
    r"^(?:for|in|during) (?:this|the current) (?:chat|session|conversation|thread)\b",
    r"\b(?:stays?|keep (?:it|this|that)) (?:between us|private|in this (?:chat|session|conversation))\b",
    r"\bnur (?:für|in) (?:diese[ms]?|dieses) (?:chat|gespräch|sitzung|unterhaltung)",
    r"\b(?:sólo|solo|apenas|só) (?:para|por|en|nesta|neste|para este) (?:esta |este )?(?:conversación|chat|sesión|conversa)",
    r"\bjuste (?:pour|dans) (?:cette|ce) (?:conversation|chat|session)",
)
_SHORT = any_of(
    r"\btoday only\b|\bonly (?:for )?today\b|\bjust (?:for )?(?:today|tonight|now)\b|\bfor (?:today|tonight|the next (?:few )?(?:minutes?|hours?|\d+ (?:minutes?|hours?)))\b",
    r"\bright now,? (?:i|we)(?:'?m|'?re|\b)|\b(?:i|we)(?:'?m|'?re| am| are) (?:\w+ )?right now\b|\b(?:i|we)(?:'?m|'?re| am| are) (?:currently |just )?"
    r"(?:\w+ing|in|at|on|stuck|waiting)\b[^.!?]{0,60}\bright now\b|^right now\b",
    r"\b(?:parked|parking)\b(?!.{0,40}\b(?:always|usually|permit|every)\b)",
    r"\bI(?:'ve)? (?:left|put) (?:my|the) (?:car|bike)\b",
    r"\broom (?:number )?#?\d+|\broom number\b|\bmy (?:hotel )?room is\b|\bgate [A-Z]?\d+|\bseat (?:number )?\d+[A-F]\b|\btable (?:number )?\d+\b|\blocker (?:number )?\d+",
    r"\b(?:one[- ]time|verification|confirmation|door|access|entry) (?:code|pin)\b|\bOTP\b",
    r"\b(?:remind me|wake me|ping me|nudge me)\b",
    r"\b(?:this|the current) (?:chat|session|conversation)\b",
    r"\btemporarily\b|\bfor the moment\b|\bheute nur\b|\bnur heute\b",
    r"\bI(?:'m| am) (?:currently |just )?(?:in (?:a|the) (?:meeting|car|queue|call|line|middle)|on (?:a|the) (?:train|bus|plane|call|phone)|at the (?:airport|gate|station|gym|store|supermarket|office))\b",
)
_STANDING = any_of(
    r"^(?:please,? )?(?:from now on|going forward|in (?:the )?future|for all future|henceforth)\b.{0,10}\b(?:please |always |never |only |don'?t |do not )*(?:answer|reply|respond|write|speak|talk|address|call|use|give|keep|be|explain|include|avoid|format|start|end|send|show|tell|translate|skip|stop)\b",
    r"^(?:please,? )?(?:when(?:ever)?|every time|each time|any time|if) (?:i|we) (?:ask|say|request|want|need|mention|tell|write|send|give|share|paste|upload)\b[^?]{2,80}, (?:please )?(?:always |never |only |don'?t |do not |you should |you must )*(?:answer|reply|respond|write|speak|use|give|keep|be|explain|include|avoid|format|start|begin|end|send|show|translate|skip|stop|put|list|add|mention|assume|return|make)\b",
    r"^(?:i|we)(?:'d| would|'ll)? (?:always |rather |really )*(?:like|love|prefer|want|need|take|book|choose)\b[^?]{2,80},? (?:always|every time|whenever (?:possible|i travel)|by default)[.! ]*$",
    r"^(?:please )?(?:always|never) (?:answer|reply|respond|write|speak|address|call me|use|give me|keep|explain|include|format|start|end|show)\b",
    r"\b(?:answer|reply|respond|write|speak|talk) (?:to me )?(?:only |always )?in (?:english|german|french|spanish|italian|portuguese|hindi|chinese|japanese|bullet points|short sentences|plain english|metric|simple words)(?: from now on|,? always| please|,? going forward)*[.! ]*$",
)
_QUESTION_START = (
    r"^(?:(?:and|but|so|hey|hi|ok|okay|well|also|oh|btw|by the way|please|um|hmm|then|now|actually|wait|sorry|quick question)[,:]? )*"
    r"(?:what|where|when|who|whom|whose|which|why|how|do|does|did|is|are|was|were|am|can|could|would|will|should|shall|may|might|have (?:i|you|we|they)|has|had (?:i|you|we|they)|"
    r"isn't|aren't|don't (?:i|you|we|they)|doesn't|didn't|won't|wouldn't|couldn't|can't (?:i|you|we)|haven't|hasn't|what's|where's|who's|when's|how's|any idea|any chance|"
    r"wo|was|wann|warum|wie|wer|welche[rs]?|wohne ich|bin ich|habe ich|dónde|donde|qué|cuándo|cómo|quién|cuál|por qué|où|quand|comment|pourquoi|quel(?:le)?|est-ce|qu'est|qui|"
    r"dove|quando|come mai|chi|perché|quale|onde|quem|qual)\b(?!')(?! (?:is why|a |an )\b)"
)
_NOT_QUESTION = (
    r"^(?:when|while|where(?:ver|as)?|what(?: i|'s more)|how(?:ever)|who(?:ever)|whenever|come)\b[^?]{3,80},? (?:i|we|my)\b|"
    r"^what (?:fixed|solved|helped|worked|i (?:like|love|hate|do|did|need|want))\b|^will (?:is|was|has|lives|works|and)\b|^may (?:is|was)\b"
)
_REQUEST = (
    r"^(?:(?:and|but|so|hey|hi|hello|ok|okay|well|also|oh|btw|please|now|then|kindly|maybe|could you|can you|would you|just|thanks|great|alright|sure|yes|yeah|no)[,!:]? )*"
    r"(?:write|tell|show|give|help|explain|find|make|create|list|suggest|recommend|translate|summari[sz]e|draft|compose|generate|plan|let'?s|let me|"
    r"recap|describe|compare|calculate|compute|book|order|send|open|play|search|look up|check|read|fix|review|edit|proofread|rewrite|rephrase|convert|"
    r"act|pretend|imagine|suppose|assume|answer|continue|stop|start|try|use|add|remove|delete|save|store|set|turn|put|pick|choose|name|guess|teach|think|consider|"
    r"provide|design|build|code|implement|debug|run|repeat|ask|remind|cancel|schedule|wait|go on|go ahead|forget|keep going|say|sing|solve|outline|analy[sz]e|output|print|walk me|come up|get me|bring me|do (?:it|that|this|not|you)|don't (?!forget)(?!like)|never mind|nevermind)\b"
    r"(?! (?:is|was|are|has|'s)\b)"
)
_ASKING = any_of(
    r"^i(?:'d| would) (?:like|love|appreciate|want)\b(?! to (?:learn|visit|become|travel|go to|see|live|own|run|start|buy|retire))",
    r"^i(?:'d| would) (?:also |really )?(?:like|love|appreciate) (?:a|an|some|the|you|your|it|to (?:know|see|ask|get|have|hear|go over))\b",
    r"^i (?:also |just |really )?(?:need|want|wanted|require|could use|could do with)(?: you| your| some| a bit of| a little| any)* (?:help|to (?:know|ask|see|find|get|understand|check|write|make|figure|talk|discuss|clarify|hear|say|thank|share|tell)|you|advice|info|information|ideas?|suggestions?|tips?|recommendations?|assistance|an? (?:recipe|summary|list|answer|explanation|example|poem|quick|good|way|new (?:recipe|idea)|idea|suggestion|recommendation|word|plan))\b",
    r"^i(?:'ve| have) (?:a|another|one|some|two|three|\d+|several|a few|a couple of)(?: \w+){0,2} (?:questions?|requests?|ask|doubts?|favou?rs?)\b",
    r"^i(?:'m| am) (?:just |also )?(?:looking for|wondering|asking|curious|interested in (?:knowing|hearing)|trying to (?:understand|figure|find|decide|write|make|get|solve|remember)|not sure|unsure|having trouble (?:understanding|with)|hoping you|confused|stuck|struggling to understand|calling about|writing to|reaching out|contacting)\b",
    r"^i (?:am|'m) (?:a (?:bit|little) |so |very |really |quite )?(?:confused|stuck|lost|unsure|curious|ready|done|back|here|listening|serious|joking|kidding)\b",
    r"^(?:i|we) (?:was|were) (?:just )?(?:wondering|hoping|curious|asking)\b",
)
_CHAT = any_of(
    r"^(?:thanks?|thank you|thx|ty|cheers|hello|hi|hey|good (?:morning|afternoon|evening|night|day)|bye|goodbye|see you|see ya|ok|okay|cool|great|nice|awesome|perfect|sure|yes|yeah|yep|no|nope|lol|haha\w*|wow|sounds good|got it|alright|fine|exactly|right|true|indeed|congrats|congratulations|happy \w+|welcome|np|no problem|no worries|sorry)\b[^a-z]*(?:(?:so |very )?much|a lot|again|everyone|all|there|guys|man|dude|everybody|for [^.!?]*|that [^.!?]*|then|it|you|too|cool|ok)?[^a-z]*$",
    r"^i (?:do(?:n't| not)|didn'?t|dont) (?:know|think so|understand|get (?:it|that|this|what|why|how)|see (?:it|why|how|what|that)|mind|care|believe (?:it|that|this|you)|remember|recall|agree|want (?:to|that|this|it|you)|need (?:that|this|it|you|to)|have (?:time|a clue|any idea))\b",
    r"^i (?:think so|guess so|hope so|suppose so|see|agree|understand|know|mean it|get it|got it|hear you|wonder|bet|hope|wish|appreciate|apologi[sz]e|doubt|feel you|totally agree|completely agree|couldn'?t agree|can(?:'t|not) (?:wait|believe|imagine|tell|complain|thank)|can (?:imagine|see|tell|relate|understand)|see what|thought so|was (?:just )?(?:kidding|joking)|said|told you|asked|mean)\b(?!,? (?:i|my|we)\b)",
    r"^i (?:just |really |totally |completely |also )*(?:think|thought|believe|feel|guess|suppose|assume|figure|know|hope|wish|bet|agree|understand)(?: that| like)?,? (?:you|it|its|it's|that|this|that's|the|there|they|we should|a|so|in|your|these|those|what|everyone|people|he|she)\b",
    r"^i (?:just |really |absolutely |also |totally |so )*(?:love|like|hate|adore|enjoyed?|prefer|want|need|liked|loved|hated|appreciate|dislike|enjoy|miss) (?:it|this|that|that's|these|those|you|your|the (?:idea|answer|way you|suggestion|sound|first one|second one|last one|way this|way that|look)|him|her|them|how (?:you|it|this|that)|when you|what you|both|all of (?:it|them|these|those|that)|one|yours)\b(?!.{0,20}\b(?:restaurant|band|city|show|book|movie|film|series|food|place)\b)",
    r"^i(?:'m| am|'m just| was) (?:so |very |really |just |also |a bit |a little |quite |pretty |too |super |feeling |not |always |totally |absolutely )*(?:sorry|glad|happy|sad|tired|exhausted|bored|hungry|thirsty|sleepy|busy|fine|good|great|okay|ok|well|sure|afraid (?:not|so|i|that)|excited|thrilled|impressed|surprised|shocked|amazed|worried|stressed|nervous|proud|grateful|thankful|lucky|jealous|angry|annoyed|upset|mad|confused|here|ready|done|serious|joking|kidding|right|wrong|positive|certain|alive|awake|better|welcome|(?:in|down|bad|cold|hot|late|back|out|up)(?=[.!, ]*$)|all (?:set|ears|good)|looking forward|cool|interested to)\b(?! (?:at|with|as) (?:a |an )?[A-Z])",
    r"^(?:we|i) (?:should|could|can|shall|must|may|would have|could have|should have)\b(?!n't)(?! (?:speak|play|swim|read|cook|eat|only|drive|code|dance|sing|not))",
    r"^(?:it|that|this|there|these|those)(?:'s|'re| is| was| are| were| sounds?| looks?| seems?| makes?| will| would| must| feels?| has been)\b",
    r"^you(?:'re|'ve|'d|'ll| |r )",
    r"^i(?:'d| would) (?:rather|prefer) not (?:to )?(?:say|tell|answer|discuss|talk|share|go into|disclose|mention)\b",
    r"^i (?:have to|gotta|must|need to|should) (?:go|run|leave|say|admit|agree|be honest)\b",
    r"^i have (?:no idea|a feeling|a hunch|to (?:say|admit))\b",
    r"^i(?:'ll| will) (?:try|check|look|let you|see|think|give|be (?:right )?back|do (?:that|it)|take (?:it|that|a look)|keep|wait|get back|definitely|have to|pass|consider|be sure|make sure)\b",
)
_UNREAL = any_of(
    r"^(?:and |but |so |ok |well |even |only |as )*(?:if|unless|in case|were i|had i|should i)\b",
    r"\bif (?:i|we) (?:was|were|lived|had|could|worked|moved|became|got|won|ever)\b",
    r"\bi (?:wish|wished)\b|\bif only\b|\bwould(?:'ve| have) (?:been|lived|worked|had|loved|liked)\b",
    r"^(?:i|we)(?:'d| would)(?: n't|n't| not)? (?!rather|prefer|like to|love to|say\b)(?!ve)",
    r"\b(?:i|we) (?:almost|nearly|could have|should have|might have|would have)\b",
    r"^(?:perhaps|maybe) (?:i|we|he|she|they|you|it|my|the)\b(?:'m|'s|'re)? (?:should|could|can|am|is|are|need)\b",
    r"\bwhat if\b|\bas if i\b|\bhypothetical",
    r"\b(?:not sure|unsure|don'?t know|no idea|wondering|wonder|can'?t tell|doubt|can'?t remember) (?:if|whether|that|how)\b",
)
_MAKE_BELIEVE = any_of(
    r"^(?:please |now |ok |okay |so |well |just )*(?:imagine|pretend|suppose|supposing|assume|assuming|picture this|say (?:i|you|we|that i)|let'?s (?:say|pretend|assume|imagine|suppose))\b",
    r"^hypothetical",
    r"\b(?:write|compose|draft|create|make up|invent|tell|generate|continue|give)\b[^.!?\n]{0,60}\b(?:story|poem|scene|dialogue|script|song|novel|monologue|fiction|fairy tale|limerick|haiku|screenplay|joke|riddle|persona|sketch|play|rap|tale|narrative|backstory|character)\b",
    r"\bin (?:my|the|this|our|a) (?:novel|story|book i'?m writing|game|dream|screenplay|script|campaign|fan ?fic\w*|play|movie i'?m writing|short story)\b",
    r"\b(?:my|the|our) (?:character|protagonist|hero(?:ine)?|avatar|d&d|dnd|oc)\b",
    r"\b(?:i (?:had a dream|dreamt|dreamed))\b",
    r"\b(?:want you to|can you|please|you (?:will|should)) (?:act|behave|respond|pretend|play)\b",
)
_ROLE_PLAY = any_of(
    r"\brole[- ]?play",
    r"\blet'?s pretend\b",
    r"\bin character\b",
    r"\bplay (?:a|the) (?:game|role|part) (?:where|of|in which)\b",
    r"\b(?:you'?re|you are|you play|you'll be) (?:a|an|the) [^.!?\n]{1,60}\b(?:and|,) (?:i'?m|i am|i play|i'll be)\b",
    r"\btext adventure\b",
)
_ROLE_PLAY_OVER = any_of(
    r"\bout of character\b",
    r"\booc\b",
    r"\bend (?:of )?(?:the )?(?:role|scene|story|game)",
    r"\bstop (?:the )?(?:pretend|role|game)",
    r"\bback to (?:reality|real)",
    r"\bin real life\b",
    r"\bfor real (?:now|though)\b",
    r"\bseriously now\b",
)
_HEARSAY = (
    r"^(?:(?:and|but|so|well|also|yesterday|today|apparently),? )*(?!i\b|we\b|(?:as|like) (?:i|we)\b|(?:my|the|our) (?:doctor|gp|dr|dentist|vet|nurse|dermatologist|cardiologist|pediatrician|allergist|test|results?|scan|dietitian|optician))"
    r"(?:[\w'.]+ ){1,4}?(?:says?|said|tells?|told|thinks?|thought|claims?|claimed|believes?|believed|insists?|insisted|wants? (?:me|us)|wanted (?:me|us)|suggests?|suggested|recommends?|recommended|asked|asks|wishes|wished|heard|joked|jokes|keeps? (?:saying|telling)|reckons?|assumes?)\b"
)
_SAID = r"(?:say|said|saying|tell|told|telling|claim(?:ed|ing)?|mention(?:ed|ing)?|wr(?:ote|itten)|stat(?:ed?|ing)|suggest(?:ed|ing)?|impl(?:y|ied|ying)|mean(?:t|ing)?|admit(?:ted)?|meant to say)"
_NEVER_SAID = any_of(
    rf"(?:\b(?:never|not|nobody|no ?one|none of us|neither of us|cannot)|n't)(?: (?:ever|actually|really|once|even|has|have|had|did|is|was|been|be|just))* {_SAID}(?: (?:to )?(?:you|him|her|them|us|me|anyone|anybody|anything about|once|ever|before))*(?: that| how)?,? (?:i|i'm|we|we're|my|our|\w+ and i)\b",
    r"\b(?:according to|as per) (?!me\b|my (?:doctor|gp|dentist|vet|test|results?|scan))[^,]{2,40}, (?:i|we|my)\b",
    r"\b(?:rumou?rs?|gossip|word|legend) (?:has it|is|says?|that|goes)\b",
    r"\b(?:the|your|this|some|an?) (?:notes?|profile|records?|form|website|app|chart|system|file|database|letter|chatbot|assistant|bot|ai) (?:says?|said|claims?|claimed|shows?|states?|stated|has|lists?|thinks?|believes?) (?:that )?(?:i|we|my|me)\b",
    r"\b(?:people|everyone|everybody|they|some|folks|strangers|someone|somebody|many) (?:\w+ ){0,2}(?:assumes?|assumed|believes?|believed|thinks?|thought|says?|said|guess(?:es|ed)?|claims?|claimed|expects?|suspects?|pretends?)(?: that)? (?:i|i'm|we|my)\b",
)
"""Somebody's words about the speaker that the speaker does not own: "I never said I live in Rome", "people assume I'm Irish"."""
_NOT_OWNED_ABROAD = any_of(
    r"\b(?:nie|niemals|nicht|niemand)\b[^.!?]{0,30}\b(?:gesagt|behauptet|erwähnt)\b|(?<!ich )\b(?:sagt|glaubt|denkt|meint|behauptet|sagte|glaubte|dachte|meinte)n?\b,? (?:dass )?(?:ich|mein|wir)\b"
    r"|^(?:stell dir vor|angenommen|nehmen wir an|tu so|wenn ich|falls ich|wäre ich|hätte ich)\b",
    r"\b(?:nunca|jamás|no|nadie)\b[^.!?]{0,20}\b(?:dije|he dicho|dijo|ha dicho|afirmé)\b|\b(?:dice|cree|piensa|dijo|creía|pensaba)n? que\b|^(?:imagina|imagínate|supongamos|si (?:yo )?(?:viviera|fuera|tuviera|trabajara))\b",
    r"\bn'(?:ai|a|avons) (?:jamais|pas) (?:dit|prétendu)\b|\bpersonne n'a dit\b|\b(?:dit|croit|pense|prétend|croyait|pensait)(?:ent)? qu(?:e (?:je|j'|nous|mon|ma)|'on)|^(?:imagine|imaginons|supposons|si j')",
    r"\b(?:mai|non|nessuno)\b[^.!?]{0,15}\bdetto\b|\b(?:dice|crede|pensa|diceva|pensava)(?:no)? che\b|^(?:immagina|supponiamo|se (?:io )?(?:vivessi|fossi|avessi|lavorassi))\b",
    r"\b(?:nunca|jamais|não|ninguém)\b[^.!?]{0,15}\b(?:disse|falei)\b|\b(?:diz|acha|pensa|disse|acredita)m? que\b|^(?:suponha|se eu (?:morasse|fosse|tivesse|trabalhasse))\b",
    r"没(?:有)?(?:说|讲)过?我|[他她们妈爸板友生师](?:说|以为|觉得|认为)我|^(?:假设|想象|如果|假如|要是)",
    r"नहीं कहा|(?:सोचता|सोचती|सोचते|कहता|कहती|कहते) (?:है|हैं) कि मैं|^(?:मान लो|अगर)",
)
"""The same in the other languages, with "imagine" and "if I were"."""
_DENIAL = (
    r"^(?:(?:and|but|so|no|nope|well|also|actually|oh|sorry|please|ok|okay|by the way|btw)[,!.]? )*(?:"
    r"(?:it|that)(?:'s| is) (?:just |simply |actually |really )*(?:not (?:true|the case|correct|right|so)|untrue|false|wrong|a lie|incorrect)(?: any ?more| any longer| at all)? that "
    r"|(?:it|that) (?:isn'?t|is no longer|wasn'?t|was never) (?:true|the case|correct|right)(?: any ?more| any longer)? that "
    r"|forget (?:that |about the fact that |the fact that )(?=(?:i|i'm|we|we're|my|our)\b)(?!i (?:said|told|mentioned|wrote|asked|ever))"
    r"|i (?:don'?t|do not|no longer) (?:think|believe)(?: that)? (?=(?:i|i'm|we|we're|my|our)\b)(?!(?:i|we)(?:'ve| have| had|'d)? (?:ever |already |actually )?(?:said|told|mentioned|wrote|asked|introduced|explained|shared|should|can|could|will|need|ought)\b)"
    r")"
)
"""What makes the statement behind it untrue: what it says holds no more, whether or not it ever did."""
_EXPLICIT = any_of(
    r"^(?:(?:and|but|so|also|ok|okay|hey|oh|btw)[,!]? )?(?:please |pls |plz |kindly |just |always |can you |could you |would you |will you )*(?:remember|note|memori[sz]e|make a note|take note|keep in mind|bear in mind|save|store|don'?t (?:ever )?forget|never forget|do not forget|write down|jot down|log|for future reference|for the record)\b(?: (?:that|this|the fact|in mind|down|for (?:later|future|next time)))*[:,]?",
    r"\b(?:for future reference|for the record|please remember (?:this|that|it)|remember (?:this|that)(?: for)? (?:later|next time|please)|don'?t forget (?:this|that|it)|keep (?:this|that) in mind)\b",
    r"^(?:bitte )?(?:merk(?:e)? dir|denk daran|vergiss nicht)\b|^(?:por favor,? )?(?:recuerda|no olvides|lembre(?:-se)?|não (?:se )?esqueça)\b|^(?:s'il te plaît,? )?(?:souviens-toi|retiens|n'oublie pas)\b|^ricorda(?:ti)?\b|^(?:请)?记住",
)
_CORRECTION = any_of(
    r"^(?:oh,? |oops,? |sorry,? |no,? |wait,? |ah,? )+(?:that (?:was|is) )?(?:the |my )?wrong (?:number|one|e-?mail|address|name|date|day|city|year|month)\b",
    r"^(?:oh,? |oops,? |wait,? |um,? |no,? |nope,? |ah,? |hmm,? )*(?:actually|correction|scratch that|my mistake|my bad|i misspoke|i mis-?typed|typo)\b",
    r"^(?:no,? wait|wait,? no|oh no,? wait)\b|^(?:oops|wait|no|nope|sorry|oh no|whoops|hang on)[,!.:-]+ (?:actually|i meant|it'?s (?!ok|fine|good|great|not|a |so|been|all|just|my)|i (?:live|work|am|have)|my name|not (?!really|yet|at all|sure|always|that|a |too|so|only))",
    r"\b(?:i|what i) (?:actually |really )?meant\b(?! (?:to say thank|it|to be)\b)",
    r"\bnot [\w' ]{1,30}(?:,| but| -) (?:it'?s|i'?m|but|i meant)\b",
    r"^(?:sorry|no|nope|oops|wait)\b.{0,80},? not \w",
    r"\bi was wrong\b|\bi made a mistake\b|\bthat was wrong\b|\bthat'?s (?:wrong|not right|incorrect|not correct)\b|\bsorry,? i (?:meant|mean)\b|\b(?:genauer gesagt|korrektur|quiero decir|corrección|en fait|je voulais dire|correzione|correção)\b",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one sentence.

    `keep`: it may be remembered. `explicit`, `correction`, `short`, `private`: as in `Candidate` and `Extraction`.
    `unsay`: it takes back what was said before. `silence`: nothing of this message may be stored. `stop`: what follows in
    this message is make-believe or pasted. `chat`: small talk, kept only for a firm slot. `standing`: how the speaker wants to be
    answered from now on. `denied`: length of "it's not true that", which takes back what follows; 0 if there is none.
    """

    keep: bool = False
    explicit: bool = False
    correction: bool = False
    short: bool = False
    private: bool = False
    unsay: bool = False
    silence: bool = False
    stop: bool = False
    chat: bool = False
    standing: bool = False
    denied: int = 0


def hijacks(masked: str) -> bool:
    """Whether a message tries to give the assistant orders about its own instructions; none of it is believed."""
    return rx(_HIJACK).search(masked) is not None


def starts_role_play(masked: str) -> bool:
    """Whether speaker and assistant now play parts."""
    return rx(_ROLE_PLAY).search(masked) is not None


def ends_role_play(masked: str) -> bool:
    """Whether they stop doing so."""
    return rx(_ROLE_PLAY_OVER).search(masked) is not None


def explicit_prefix(sentence: str) -> int:
    """Length of "please remember that" at the start of a sentence; 0 if there is none."""
    m = rx(_EXPLICIT).match(sentence)
    return m.end() if m else 0


def judge(sentence: str) -> Verdict:
    """The verdict on one sentence of a user."""
    s = sentence.strip()
    teaser = rx(_TEASERS).match(s)
    s = s[teaser.end() :] if teaser else s
    low = s.lower()
    if "\ufffc\ufffc\ufffc" in s and len(s.strip("\ufffc .!?")) < 12:
        return Verdict()
    if rx(_NEVER_SAVE).search(s):
        return Verdict(silence=True, private=True)
    if rx(_UNSAY).search(s):
        return Verdict(unsay=True)
    denial = rx(_DENIAL).match(s)
    if denial and not s.endswith("?"):
        return Verdict(keep=True, denied=denial.end(), chat=True)
    if rx(_NEVER_SAID).search(s) or rx(_NOT_OWNED_ABROAD).search(s):
        return Verdict(private=rx(_PRIVATE).search(s) is not None)
    private = rx(_PRIVATE).search(s) is not None
    if rx(_MAKE_BELIEVE).search(s):
        return Verdict(stop=not private, private=private, keep=private and not s.endswith("?"), short=True)
    explicit = rx(_EXPLICIT).search(s) is not None
    body = s[explicit_prefix(s) :].strip() if explicit else s
    standing = rx(_STANDING).search(s) is not None
    if rx(_PLANTED).search(s) or _asks(s, explicit=explicit or standing) or (rx(_UNREAL).search(body) and not standing):
        return Verdict(private=private)
    if rx(_HEARSAY).match(body) and not explicit:
        return Verdict(private=private)
    short = private or rx(_SHORT).search(s) is not None
    correction = rx(_CORRECTION).search(body) is not None or (teaser is not None and rx(_CORRECTION).match(sentence.strip()) is not None)
    if not explicit and not short and not standing and rx(_REQUEST).match(low) and not rx(_GIVES).search(s):
        return Verdict(private=private)
    chat = rx(_ASKING).search(_opened(body)) is not None or rx(_CHAT).search(_opened(body)) is not None
    return Verdict(
        keep=True, explicit=explicit, correction=correction, short=short, private=private, chat=chat and not standing, standing=standing
    )


_OPENERS = r"^(?:(?:and|but|so|hey|hi|hello|ok|okay|well|also|oh|btw|by the way|now|yes|yeah|yep|no|nope|lol|haha|honestly|actually|sorry|thanks|thank you|wow|aw+|anyway)[,!.:]* )+(?=\w)"


_TEASERS = r"^(?:(?:(?:ok|okay|so|well|oh|hey|hi|and|but|please|right|haha|lol|wow|omg)[,!.]? )*(?:don'?t (?:laugh|judge(?: me)?|panic|worry)|guess what|believe it or not|you won'?t believe (?:it|this)|get this|fun fact|funny story|random(?: fact)?|long story short|heads[- ]up|quick update|small update|tiny update|big news|not sure if i (?:said|mentioned)(?: it| this| that)?|in case i (?:didn'?t|haven'?t) (?:say|said|mention|mentioned)(?: it| this)?|in case (?:you(?:'re| are| were)? (?:\w+ )?(?:wonder(?:ing|ed)?|curious|interested|ask(?:ing)?|need it)|it(?:'s| is) (?:relevant|useful|of interest)|it (?:matters|helps))|wait(?=[,!.:]+ (?:i|i'm|i've|my|we|our)\b))\b[,!:;. -]*(?:but |and )?)+(?=\w)"
"""What is said to raise attention before the statement itself."""
_GIVES = r"\buse (?:the |my |this )?(?:new|other|correct|right)(?: one| e-?mail(?: address)?| address| (?:phone )?number)?(?: instead| now| from now on)?[:,]? (?:[\w.+-]+@[\w-]+\.\w+|\+?\d[\d ()-]{5,})|\bmy (?:\w+ ){0,2}(?:e-?mail|number|phone|mobile|address)\b[^.!?]{0,30}?(?:[\w.+-]+@[\w-]+\.\w+|\+?\d[\d ()-]{5,})"
"""A request that gives what it asks to be used."""


def _opened(sentence: str) -> str:
    """The sentence without "oh, and by the way"."""
    return rx(_OPENERS).sub("", sentence)


def _asks(sentence: str, *, explicit: bool) -> bool:
    """Whether it is a question; also without a question mark, when it begins like one."""
    if sentence.rstrip("\"')] ").endswith(("?", "？")):
        return True
    if sentence.startswith("¿") or sentence.endswith(("吗", "吗。", "呢", "呢。")):
        return True
    if explicit:
        return False
    return rx(_QUESTION_START).match(sentence) is not None and rx(_NOT_QUESTION).match(sentence) is None
