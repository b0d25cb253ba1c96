// Values in GVariant's text form.
#include "base/gvariant.hpp"

#include <gmock/gmock.h>

namespace phial {
namespace {

using ::testing::ElementsAre;

// What the text means, with every type named.
std::string meaning(std::string_view text) {
  Result<Variant> value = parse_variant(text);
  return value ? value->type + " " + to_text(*value) : "error: " + value.error().message;
}

TEST(GVariant, BasicValues) {
  EXPECT_EQ(meaning("true"), "b true");
  EXPECT_EQ(meaning(" false "), "b false");
  EXPECT_EQ(meaning("5"), "i 5");
  EXPECT_EQ(meaning("-0x10"), "i -16");
  EXPECT_EQ(meaning("017"), "i 15");
  EXPECT_EQ(meaning("1.5"), "d 1.5");
  EXPECT_EQ(meaning("uint64 18446744073709551615"), "t uint64 18446744073709551615");
  EXPECT_EQ(meaning("int64 -9223372036854775808"), "x int64 -9223372036854775808");
  EXPECT_EQ(meaning("@t 5"), "t uint64 5");
  EXPECT_EQ(meaning("byte 255"), "y byte 255");
  EXPECT_EQ(meaning("'a b'"), "s 'a b'");
  EXPECT_EQ(meaning(R"("it's \"so\"\n")"), R"(s 'it\'s "so"\n')");
  EXPECT_EQ(meaning("objectpath '/a'"), "o objectpath '/a'");
}

TEST(GVariant, ArraysAndStructures) {
  EXPECT_EQ(meaning("['a', 'b']"), "as @as ['a', 'b']");
  EXPECT_EQ(meaning("[1, uint32 2]"), "au @au [1, 2]");
  EXPECT_EQ(meaning("@au [1, 2]"), "au @au [1, 2]");
  EXPECT_EQ(meaning("@as []"), "as @as []");
  EXPECT_EQ(meaning("[('/dev/null', 'rwm'), ('/dev/zero', 'r')]"),
            "a(ss) @a(ss) [('/dev/null', 'rwm'), ('/dev/zero', 'r')]");
  EXPECT_EQ(meaning("(uint64 1, true)"), "(tb) @(tb) (1, true)");
}

TEST(GVariant, WhatIsPrintedIsReadBack) {
  for (const char* text : {"uint64 5", "'x\\'y\\\\z'", "@a(ss) [('a', 'b')]", "[byte 1, 2]", "1.5e3", "@(s) ('a',)",
                           "double 2", "@aas [['a'], []]"}) {
    Result<Variant> first = parse_variant(text);
    ASSERT_TRUE(first) << text << ": " << first.error().message;
    Result<Variant> second = parse_variant(to_text(*first));
    ASSERT_TRUE(second) << to_text(*first);
    EXPECT_EQ(*first, *second) << text;
  }
}

TEST(GVariant, RefusesWhatIsNone) {
  for (const char* text : {"",           "yes",        "5 6",       "'open",     "[1",          "[1 2]",
                           "[,]",        "(",          "[]",        "byte 256",  "uint32 -1",   "2147483648",
                           "uint64 'x'", "@zz 5",      "@a{sv} {}", "<5>",       "@(ss) ('a')", "@(s) ('a', 'b')",
                           "[1, 'a']",   "'\\u0041'",  "1.2.3",     "int16 1.5", "'a",          "@",
                           "@u",         "true false", "string 5",  "0x",        "--5"})
    EXPECT_FALSE(parse_variant(text)) << text;
  std::string deep(200, '[');
  EXPECT_FALSE(parse_variant(deep));
  std::string types = "@" + std::string(100, 'a') + "s []";
  EXPECT_FALSE(parse_variant(types));
}

TEST(GVariant, WordsOfBusctl) {
  EXPECT_THAT(busctl_words(variant_of("a b")), ElementsAre("s", "a b"));
  EXPECT_THAT(busctl_words(variant_of_strings({"a", "b"})), ElementsAre("as", "2", "a", "b"));
  EXPECT_THAT(busctl_words(parse_variant("[('/dev/null', 'r')]").value()), ElementsAre("a(ss)", "1", "/dev/null", "r"));
  EXPECT_THAT(busctl_words(variant_of_bytes({15, 1})), ElementsAre("ay", "2", "15", "1"));
  EXPECT_THAT(busctl_words(variant_of(true)), ElementsAre("b", "true"));
}

} // namespace
} // namespace phial
