"""The two neutral words that stand for a student while a page is shown to the class."""

from collections.abc import Mapping
from typing import Final

from analytics.class_responses import ALIASES

_COLOURS: Final[Mapping[str, list[str]]] = {
    language: words.split()
    for language, words in {
        "en": (
            "Amber Apricot Aqua Azure Beige Bronze Brown Cherry Copper Coral Cream "
            "Crimson Cyan Emerald Golden Grape Green Hazel Indigo Ivory Jade Khaki Lemon "
            "Lilac Lime Mint Navy Ochre Olive Orange Peach Pearl Plum Purple Rose Ruby "
            "Saffron Silver Teal Violet"
        ),
        "ja": (
            "琥珀色 杏色 水色 空色 ベージュ 青銅色 茶色 桜桃色 銅色 珊瑚色 クリーム色 "
            "深紅 シアン エメラルド 金色 ぶどう色 緑色 はしばみ色 藍色 象牙色 翡翠色 "
            "カーキ レモン色 藤色 ライム色 ミント色 紺色 黄土色 オリーブ 橙色 桃色 "
            "真珠色 すもも色 紫色 ばら色 ルビー色 サフラン 銀色 鴨羽色 すみれ色"
        ),
    }.items()
}
_ANIMALS: Final[Mapping[str, list[str]]] = {
    language: words.split()
    for language, words in {
        "en": (
            "alpaca badger beaver bee bison bobcat camel crane cricket deer dingo "
            "dolphin eagle egret elk falcon finch fox gecko gull hare hawk heron ibis "
            "jay kestrel kiwi koala lark lemur lion lynx marten mole moose moth newt "
            "orca osprey otter owl panda penguin puffin quail raven robin salmon seal "
            "sparrow squid stork swan swift tapir tern tiger toucan wren zebra"
        ),
        "ja": (
            "アルパカ アナグマ ビーバー ミツバチ バイソン ボブキャット ラクダ ツル "
            "コオロギ シカ ディンゴ イルカ ワシ シラサギ ヘラジカ ハヤブサ フィンチ "
            "キツネ ヤモリ カモメ ノウサギ タカ サギ トキ カケス チョウゲンボウ キーウィ "
            "コアラ ヒバリ キツネザル ライオン オオヤマネコ テン モグラ ムース ガ イモリ "
            "シャチ ミサゴ カワウソ フクロウ パンダ ペンギン パフィン ウズラ "
            "ワタリガラス コマドリ サケ アザラシ スズメ イカ コウノトリ ハクチョウ "
            "アマツバメ バク アジサシ トラ オオハシ ミソサザイ シマウマ"
        ),
    }.items()
}
_TWO_WORDS: Final = {"en": "{colour} {animal}", "ja": "{colour}の{animal}"}
_NUMBERED: Final = "{words} {number}"
#: Who has no alias yet.
SOMEONE: Final = {"en": "Someone", "ja": "だれか"}
LANGUAGES: Final = tuple(_TWO_WORDS)


def alias(number: int, language: str) -> str:
    """Return an alias in a language: two words, and a number from the second round on."""
    turn, place = divmod(number, ALIASES)
    animal, colour = divmod(place, len(_COLOURS[language]))
    words = _TWO_WORDS[language].format(
        colour=_COLOURS[language][colour], animal=_ANIMALS[language][animal]
    )
    return _NUMBERED.format(words=words, number=turn + 1) if turn else words
