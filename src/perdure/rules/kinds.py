"""Kinds of relatives and pets that exclude one another: who asks for a cat's name is not told the dog's."""

from __future__ import annotations

from collections.abc import Mapping

ONE_KIND: dict[str, str] = {
    word: words.split()[0]
    for words in (
        "dog dogs puppy doggo beagle labrador terrier corgi poodle retriever dachshund pug bulldog husky collie spaniel chihuahua pup hund hunde hündin perro perra perros chien chienne chiens cachorro cachorra cachorros cão 狗 小狗 dalmatian rottweiler schnauzer whippet greyhound mastiff pomeranian doberman dobermann malinois samoyed akita pekingese",
        "cat cats kitten kitty siamese tabby katze katzen kater gato gata gatos chatte gatto gatta gatti 猫 小猫 siamese sphynx ragdoll",
        "rabbit rabbits bunny kaninchen hase conejo lapin coniglio coelho",
        "hamster hamsters",
        "ferret ferrets",
        "snake snakes",
        "lizard gecko iguana",
        "canary cockatiel bird birds parakeet cockatoo",
        "parrot parrots budgie papagei perroquet pappagallo papagaio",
        "horse horses pony pferd caballo cheval cavallo cavalo",
        "goldfish fish",
        "tortoise turtle",
        "axolotl",
        "hedgehog",
        "chinchilla",
        "gerbil gerbils",
        "sister sisters schwester schwestern hermana hermanas sœur soeur soeurs sorella sorelle irmã irmãs 姐姐 妹妹",
        "brother brothers bruder brüder bruder hermano hermanos frère frere freres frères fratello fratelli irmão irmãos 哥哥 弟弟",
        "son sons sohn söhne sohne hijo hijos fils figlio figli filho filhos 儿子",
        "daughter daughters tochter töchter hija hijas filles figlia figlie filha filhas 女儿",
        "wife ehefrau esposa épouse epouse moglie 妻子 老婆 太太",
        "husband ehemann esposo marido mari marito 丈夫 老公",
        "mother mom mum mama mommy mutter madre mère mãe mamá maman mamma 妈妈 母亲",
        "father dad papa daddy vater padre père pai papá papà 爸爸 父亲",
        "girlfriend freundin novia copine fidanzata namorada",
        "boyfriend novio copain fidanzato namorado",
        "aunt auntie tante tía tia zia",
        "uncle onkel tío tio oncle zio",
        "niece nieces nichte sobrina nièce",
        "nephew nephews neffe sobrino neveu sobrinho",
        "grandmother grandma granny nana oma großmutter grossmutter abuela mamie nonna avó 奶奶 外婆",
        "grandfather grandpa grandad granddad opa großvater grossvater abuelo papi nonno avô 爷爷 外公",
        "stepmother stepmom",
        "stepfather stepdad",
        "boss chefin jefe jefa 老板 上司",
        "cousin cousins cugino cugina cousine",
    )
    for word in words.split()
}
"""Each word with the first word of its kind."""


_PHRASES: dict[str, str] = {
    "mon chat": "cat",
    "notre chat": "cat",
    "mio cane": "dog",
    "nostro cane": "dog",
    "mein mann": "husband",
    "meine frau": "wife",
    "mi mujer": "wife",
    "ma femme": "wife",
    "minha mulher": "wife",
    "ma fille": "daughter",
    "mein chef": "boss",
    "mon chef": "boss",
    "meu chefe": "boss",
    "mio capo": "boss",
    "mi primo": "cousin",
    "mi prima": "cousin",
    "meu primo": "cousin",
    "minha prima": "cousin",
}
"""Words that mean a relative only with "my" of their own language before them."""


def with_synonyms(names: Mapping[str, str]) -> dict[str, str]:
    """Known names, with the other words for a relative: who has told of "my mom" may ask for "my mother"."""
    known = dict(names)
    for word, kind in ONE_KIND.items():
        if word in names:
            for other, same in ONE_KIND.items():
                if same == kind:
                    known.setdefault(other, names[word])
    for words, word in _PHRASES.items():
        if word in known:
            known.setdefault(words, known[word])
    return known
