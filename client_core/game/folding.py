"""How texts are compared: letters without case, accents, strokes and width; no spaces, no punctuation.

For Latin, Greek, Cyrillic, Armenian and Georgian letters, and for the digits of
every script. Other letters, signs of vowels and symbols stay as they are. The
platforms' own tables differ from version to version, so the one that decides
stands here, made from the data of Unicode 14.0.0 (NFKD, CaseFolding) by
`tests/client_core/game/test_folding.py`. It belongs to the rule set: a change
is a new number of rules.
"""

# ruff: noqa: RUF001  (the letters that look like others are what this table is about)

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate


def fold(text: str) -> str:
    """The text as it is compared; folding it again changes nothing. Empty where nothing but signs was written."""
    if text.isascii():
        return text.translate(_ASCII)
    return "".join(_folded(character) for character in text)


def _folded(character: str) -> str:
    point = ord(character)
    if bisect_right(_EDGES, point) % 2:
        return ""
    zero = bisect_right(_DIGITS, point) - 1
    if zero >= 0 and point - _DIGITS[zero] < 10:
        return str(point - _DIGITS[zero])
    return _LETTERS.get(point, character)


def _letters(rows: str) -> dict[int, str]:
    """The folds as written below: a row is the first code point in hexadecimal and what it and those after become."""
    letters: dict[int, str] = {}
    for row in rows.split(" "):
        first, _, folds = row.partition(":")
        point, at = int(first, 16), 0
        while at < len(folds):
            end = folds.index(")", at) if folds[at] == "(" else at
            letters[point] = folds[at + 1 : end] if end > at else folds[at]
            point, at = point + 1, end + 1
    return letters


_DROPPED = (
    "0 24 1 6 1 4 a 2 3 2 1a 6 1a 1 1 1 1 23 5 2 2 1 1 1 1 1 4 1 1 3 2 1 3 1 1f9 d 2 18 5 7 1 1 1 81 5 1 8 1 5 2 "
    "1 1 fb 5 d2 6 29 2 33 1 1 1 2 1 2 1 2c 2 b 6 3 2 1 2 d 5 4a 4 66 1 8 1 22 e 1 1 e7 3 36 f 1f 1 29 1 7 2 50 1 "
    "81 2 a 1 8c 1 78 1 79 1 186 1 c 1 16f 1 5a 1 a 2 a8 f 1 1 25 4 47 1 4a 5 4 2 6f 6 ab 1 264 9 97 1 26d 1 11 1 "
    "1a 2 4e 3 47 2 9d 3 1 3 25 b 3 1 135 2 d8 2 80 7 1 6 2 1f 8b 7 1c 2 7d 4 3b 5 3e 2 40 8 b 1 ec 40 1bd 1 1 3 "
    "b 3 d 3 d 3 d 2 1 44 1 d 1 12 1 a d 2 e 2 41 21 217 4 1d 2 43d e 4f 2 1f a 193 16 3f 4 20 2 2fb 4 1 2 70 1 "
    "8f 2f 1 20 2 c 1a2 4 4 a 2 c 10 1 c 1 5d 2 3 1 5a 1 7402 2 10d 3 63 1 a 1 73 6 8 17 9 2 67 2 e9 4 56 2 28 3 "
    "1 1 31 2 2f 1 61 d 10 2 7c 4 7e 2 10 2 69 1 e 2 7f 1 4fc6 11 17b 2 c0 1a 6 33 1 e 1 1 4 1 1 2 93 1 1 3 1 6 1 "
    "4 a 2 3 2 1a 6 1a 1 1 1 1 7 7d 1 15 3 104 3 29c 1 30 1 19e 1 2e7 1 c7 1 1f 1 110 9 26 1 70 7 42 7 59 4 310 1 "
    "a7 5 2c 4 bd 7 6d 7 b 1 72 4 30 2 4f 4 4 1 d 1 1 3 58 6 6b 1 1a1 5 a 2 1 1 68 1 fa 17 69 3 1c d 4c 1 82 3 fc "
    "1 108 3 9b 1 5c 8 53 3 1 5 19e 5 2a 2 285 2 106 1 470 5 b7c 2 43d 9 3635 2 85 1 41 5 8 1 352 4 147 1 4cbc 5 "
    "14cf 8 90c 5 ed2 2 a9b 5 c0c01 1 1e 60 80 f0"
)
_ZEROS = (
    "30 660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80 1a90 "
    "1b50 1bb0 1c40 1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0 ff10 104a0 10d30 11066 110f0 11136 111d0 112f0 11450 "
    "114d0 11650 116c0 11730 118e0 11950 11c50 11d50 11da0 16a60 16ac0 16b50 1d7ce 1d7d8 1d7e2 1d7ec 1d7f6 1e140 "
    "1e2f0 1e950 1fbf0"
)
_FOLDS = (
    "41:abcdefghijklmnopqrstuvwxyz AA:a B2:23 B5:μ B9:1o C0:aaaaaa(ae)ceeeeiiiidnooooo "
    "D8:ouuuuy(th)(ss)aaaaaa(ae)ceeeeiiiidnooooo "
    "F8:ouuuuy(th)yaaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii(ij)(ij)jjkkkllllllllllnnnn "
    "147:nnnnnoooooo(oe)(oe)rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzsbɓƃ 184:ƅ 186:ɔƈ 189:ɖɗƌ 18E:ǝəɛƒ 193:ɠɣ "
    "196:ɩiƙ 19C:ɯɲ 19F:ɵooƣ 1A4:ƥ 1A6:ʀƨ 1A9:ʃ 1AC:ƭ 1AE:ʈuuʊʋƴ 1B5:zzʒƹ 1BC:ƽ "
    "1C4:(dz)(dz)(dz)(lj)(lj)(lj)(nj)(nj)(nj)aaiioouuuuuuuuuu "
    "1DE:aaaa(ae)(ae)ggggkkooooʒʒj(dz)(dz)(dz)ggƕƿnnaa(ae)(ae)ooaaaaeeeeiiiioooorrrruuuussttȝ 21E:hhƞ 222:ȣ 224:ȥ "
    "226:aaeeooooooooyy 23A:ⱥccƚⱦ 241:ɂ 243:buʌeejjɋ 24C:ɍ 24E:ɏ 268:i 289:u 2B0:hɦjrɹɻʁwy 2E0:ɣlsxʕ 370:ͱ 372:ͳ "
    "376:ͷ 37A:ι 37F:ϳ 386:α 388:εηι 38C:ο 38E:υωιαβγδεζηθικλμνξοπρ 3A3:στυφχψωιυαεηιυ 3C2:σ 3CA:ιυουωϗβθυυυφπ "
    "3D8:ϙ 3DA:ϛ 3DC:ϝ 3DE:ϟ 3E0:ϡ 3F0:κρσ 3F4:θε 3F7:ϸ 3F9:σϻ "
    "3FD:ͻͼͽееђгєѕііјљњћкиуџабвгдежзииклмнопрстуфхцчшщъыьэюя 439:и 450:ее 453:г 457:і 45C:киу 460:ѡ 462:ѣ 464:ѥ "
    "466:ѧ 468:ѩ 46A:ѫ 46C:ѭ 46E:ѯ 470:ѱ 472:ѳ 474:ѵ 476:ѵѵѹ 47A:ѻ 47C:ѽ 47E:ѿ 480:ҁ 48A:ҋ 48C:ҍ 48E:ҏ 490:ґ "
    "492:ғ 494:ҕ 496:җ 498:ҙ 49A:қ 49C:ҝ 49E:ҟ 4A0:ҡ 4A2:ң 4A4:ҥ 4A6:ҧ 4A8:ҩ 4AA:ҫ 4AC:ҭ 4AE:ү 4B0:ұ 4B2:ҳ 4B4:ҵ "
    "4B6:ҷ 4B8:ҹ 4BA:һ 4BC:ҽ 4BE:ҿ 4C0:ӏжжӄ 4C5:ӆ 4C7:ӈ 4C9:ӊ 4CB:ӌ 4CD:ӎ 4D0:ааааӕ 4D6:ееә 4DA:әәжжззӡ "
    "4E2:ииииооө 4EA:өөээууууууччӷ 4F8:ыыӻ 4FC:ӽ 4FE:ӿ 500:ԁ 502:ԃ 504:ԅ 506:ԇ 508:ԉ 50A:ԋ 50C:ԍ 50E:ԏ 510:ԑ "
    "512:ԓ 514:ԕ 516:ԗ 518:ԙ 51A:ԛ 51C:ԝ 51E:ԟ 520:ԡ 522:ԣ 524:ԥ 526:ԧ 528:ԩ 52A:ԫ 52C:ԭ 52E:ԯ "
    "531:աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ 587:(եւ) 10A0:ⴀⴁⴂⴃⴄⴅⴆⴇⴈⴉⴊⴋⴌⴍⴎⴏⴐⴑⴒⴓⴔⴕⴖⴗⴘⴙⴚⴛⴜⴝⴞⴟⴠⴡⴢⴣⴤⴥ 10C7:ⴧ "
    "10CD:ⴭ 10FC:ნ 1C80:вдосттъѣꙋ 1C90:აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰჱჲჳჴჵჶჷჸჹჺ 1CBD:ჽჾჿ 1D2C:a(ae)b "
    "1D30:deǝghijklmn 1D3C:oȣprtuwaɐɑᴂbdeəɛɜg 1D4F:kmnoɔᴖᴗptuᴝɯvᴥβγδφχiruvβγρφχ 1D78:н "
    "1D9B:ɒcɕdɜfɟɡɥiɩɪᵻʝɭᶅʟɱɰɲɳɴɵɸʂʃƫuʊᴜʋʌzʐʑʒθ "
    "1E00:aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopp "
    "1E56:pprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyas 1E9E:(ss) "
    "1EA0:aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyy 1EF6:yyyyỻ "
    "1EFC:ỽ 1EFE:ỿ 1F00:ααααααααααααααααεεεεεε 1F18:εεεεεε 1F20:ηηηηηηηηηηηηηηηηιιιιιιιιιιιιιιιιοοοοοο "
    "1F48:οοοοοο 1F50:υυυυυυυυ 1F59:υ 1F5B:υ 1F5D:υ 1F5F:υωωωωωωωωωωωωωωωωααεεηηιιοουυωω "
    "1F80:(αι)(αι)(αι)(αι)(αι)(αι)(αι)(αι)(αι)(αι)(αι)(αι)(αι)(αι)(αι)(αι)(ηι)(ηι)(ηι)(ηι)(ηι)(ηι) "
    "1F96:(ηι)(ηι)(ηι)(ηι)(ηι)(ηι)(ηι)(ηι)(ηι)(ηι)(ωι)(ωι)(ωι)(ωι)(ωι)(ωι)(ωι)(ωι)(ωι)(ωι)(ωι)(ωι) "
    "1FAC:(ωι)(ωι)(ωι)(ωι)αα(αι)(αι)(αι) 1FB6:α(αι)αααα(αι) 1FBE:ι 1FC2:(ηι)(ηι)(ηι) 1FC6:η(ηι)εεηη(ηι) 1FD0:ιιιι "
    "1FD6:ιιιιιι 1FE0:υυυυρρυυυυυυρ 1FF2:(ωι)(ωι)(ωι) 1FF6:ω(ωι)οοωω(ωι) 2070:0i 2074:456789+ 207C:= "
    "207F:n0123456789+ 208C:= 2090:aeoxəhklmnpst 20A8:(rs) 2100:(ac)(as)c 2105:(co)(cu)ɛ 210A:ghhhhhiill "
    "2115:n(no) 2119:pqrrr 2120:(sm)(tel)(tm) 2124:z 2126:ω 2128:z 212A:kabc 212F:eef 2133:mo 2139:i "
    "213B:(fax)πγγπ 2145:ddeij "
    "2160:i(ii)(iii)(iv)v(vi)(vii)(viii)(ix)x(xi)(xii)lcdmi(ii)(iii)(iv)v(vi)(vii)(viii)(ix)x(xi) 217B:(xii)lcdm "
    "2183:ↄ 2260:= 226E:<> "
    "2460:123456789(10)(11)(12)(13)(14)(15)(16)(17)(18)(19)(20)123456789(10)(11)(12)(13)(14)(15) "
    "2483:(16)(17)(18)(19)(20)123456789(10)(11)(12)(13)(14)(15)(16)(17)(18)(19)(20)abcdefghijklm "
    "24A9:nopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0 2A74:=(==)(===) 2C60:ⱡ 2C62:ɫᵽɽ "
    "2C67:ⱨ 2C69:ⱪ 2C6B:ⱬ 2C6D:ɑɱɐɒ 2C72:ⱳ 2C75:ⱶ 2C7C:jvȿɀ "
    "3250:(pte)(21)(22)(23)(24)(25)(26)(27)(28)(29)(30)(31)(32)(33)(34)(35) "
    "32B1:(36)(37)(38)(39)(40)(41)(42)(43)(44)(45)(46)(47)(48)(49)(50) 32CC:(hg)(erg)(ev)(ltd) "
    "3371:(hpa)(da)(au)(bar)(ov)(pc)(dm)(dm2)(dm3)(iu) "
    "3380:(pa)(na)(μa)(ma)(ka)(kb)(mb)(gb)(cal)(kcal)(pf)(nf)(μf)(μg)(mg)(kg)(hz)(khz)(mhz)(ghz) "
    "3394:(thz)(μl)(ml)(dl)(kl)(fm)(nm)(μm)(mm)(cm)(km)(mm2)(cm2)(m2)(km2)(mm3)(cm3)(m3)(km3) "
    "33A9:(pa)(kpa)(mpa)(gpa)(rad) "
    "33B0:(ps)(ns)(μs)(ms)(pv)(nv)(μv)(mv)(kv)(mv)(pw)(nw)(μw)(mw)(kw)(mw)(kω)(mω)(am)(bq)(cc)(cd) "
    "33C7:(co)(db)(gy)(ha)(hp)(in)(kk)(km)(kt)(lm)(ln)(log)(lx)(mb)(mil)(mol)(ph)(pm)(ppm)(pr)(sr) 33DC:(sv)(wb) "
    "33FF:(gal) A640:ꙁ A642:ꙃ A644:ꙅ A646:ꙇ A648:ꙉ A64A:ꙋ A64C:ꙍ A64E:ꙏ A650:ꙑ A652:ꙓ A654:ꙕ A656:ꙗ A658:ꙙ A65A:ꙛ "
    "A65C:ꙝ A65E:ꙟ A660:ꙡ A662:ꙣ A664:ꙥ A666:ꙧ A668:ꙩ A66A:ꙫ A66C:ꙭ A680:ꚁ A682:ꚃ A684:ꚅ A686:ꚇ A688:ꚉ A68A:ꚋ "
    "A68C:ꚍ A68E:ꚏ A690:ꚑ A692:ꚓ A694:ꚕ A696:ꚗ A698:ꚙ A69A:ꚛ A69C:ъь A722:ꜣ A724:ꜥ A726:ꜧ A728:ꜩ A72A:ꜫ A72C:ꜭ "
    "A72E:ꜯ A732:ꜳ A734:ꜵ A736:ꜷ A738:ꜹ A73A:ꜻ A73C:ꜽ A73E:ꜿ A740:ꝁ A742:ꝃ A744:ꝅ A746:ꝇ A748:ꝉ A74A:ꝋ A74C:ꝍ "
    "A74E:ꝏ A750:ꝑ A752:ꝓ A754:ꝕ A756:ꝗ A758:ꝙ A75A:ꝛ A75C:ꝝ A75E:ꝟ A760:ꝡ A762:ꝣ A764:ꝥ A766:ꝧ A768:ꝩ A76A:ꝫ "
    "A76C:ꝭ A76E:ꝯ A770:ꝯ A779:ꝺ A77B:ꝼ A77D:ᵹꝿ A780:ꞁ A782:ꞃ A784:ꞅ A786:ꞇ A78B:ꞌ A78D:ɥ A790:ꞑ A792:ꞓ A796:ꞗ "
    "A798:ꞙ A79A:ꞛ A79C:ꞝ A79E:ꞟ A7A0:ꞡ A7A2:ꞣ A7A4:ꞥ A7A6:ꞧ A7A8:ꞩ A7AA:ɦɜɡɬɪ A7B0:ʞʇʝꭓꞵ A7B6:ꞷ A7B8:ꞹ A7BA:ꞻ "
    "A7BC:ꞽ A7BE:ꞿ A7C0:ꟁ A7C2:ꟃ A7C4:ꞔʂᶎꟈ A7C9:ꟊ A7D0:ꟑ A7D6:ꟗ A7D8:ꟙ A7F2:cfqꟶ A7F8:h(oe) AB5C:ꜧꬷɫꭒ AB69:ʍ "
    "FB00:(ff)(fi)(fl)(ffi)(ffl)(st)(st) FB13:(մն)(մե)(մի)(վն)(մխ) FB29:+ FE62:+ FE64:<>= FE69:$ FF04:$ FF0B:+ "
    "FF1C:<=> FF21:abcdefghijklmnopqrstuvwxyz FF41:abcdefghijklmnopqrstuvwxyz FF5C:| FF5E:~ 10783:(ae)ʙɓ "
    "10787:ʣꭦʥʤɖɗᶑɘɞʩɤɢɠʛhʜɧʄʪʫɬ𝼄ꞎɮ𝼅ʎ𝼆oɶɷqɺ𝼈ɽɾʀʨʦꭧʧʈⱱ 107B2:ʏʡʢʘǀǁǂ𝼊𝼞"
)
# End of the tables.

_EDGES = tuple(accumulate(int(step, 16) for step in _DROPPED.split(" ")))
"""From the first edge on code points are dropped, from the second kept, and so on in turns."""
_DIGITS = tuple(int(zero, 16) for zero in _ZEROS.split(" "))
"""The zeros of all scripts, each followed by its other nine digits."""
_LETTERS = _letters(_FOLDS)
_ASCII = {point: _folded(chr(point)) or None for point in range(0x80)}
