#include "base/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace phial {
namespace {

Json parsed(std::string_view text) {
  Result<Json> json = parse_json(text, "t.json");
  EXPECT_TRUE(json) << (json ? "" : json.error().text());
  return json ? std::move(*json) : Json();
}

std::string refused(std::string_view text, JsonLimits limits = {}) {
  Result<Json> json = parse_json(text, "t.json", limits);
  EXPECT_FALSE(json) << text;
  if (json)
    return "";
  EXPECT_EQ(json.error().kind, Kind::input);
  return json.error().text();
}

TEST(Json, ReadsEveryType) {
  Json json = parsed(R"({"n":null,"b":true,"i":-5,"u":18446744073709551615,"d":1.5,"s":"aé\n","a":[1,[]],"o":{}})");
  EXPECT_TRUE(json.find("n")->is_null());
  EXPECT_TRUE(json.bool_or("b"));
  EXPECT_EQ(json.int_or("i"), -5);
  EXPECT_EQ(json.find("i")->as_uint(), std::nullopt);
  EXPECT_EQ(json.uint_or("u"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(json.find("u")->as_int(), std::nullopt);
  EXPECT_EQ(json.double_or("d"), 1.5);
  EXPECT_EQ(json.find("d")->as_int(), std::nullopt);
  EXPECT_EQ(json.string_or("s"), "a\xc3\xa9\n");
  EXPECT_EQ(json.find("a")->size(), 2U);
  EXPECT_TRUE(json.find("o")->is_object());
  EXPECT_EQ(json.find("x"), nullptr);
  EXPECT_EQ(json.at({"o", "p", "q"}), nullptr);
}

TEST(Json, AFractionIsNoInteger) {
  EXPECT_FALSE(parsed("[1.0]").items()[0].as_int());
  EXPECT_FALSE(parsed("[1e3]").items()[0].as_int());
  EXPECT_FALSE(parsed("[18446744073709551616]").items()[0].as_uint());
}

TEST(Json, AZeroIsOneWithAnyExponent) {
  for (const char* text : {"0e40", "0E-65", "0.000e-30", "0e-207", "0e308"}) {
    Result<Json> zero = parse_json(text, "document");
    ASSERT_TRUE(zero) << text << ": " << zero.error().text();
    EXPECT_EQ(zero->as_double(), 0.0) << text;
  }
}

TEST(Json, LastDuplicateWinsInTheFirstsPlace) {
  EXPECT_EQ(to_text(parsed(R"({"a":1,"b":2,"a":3,"b":4,"a":5})")), R"({"a":5,"b":4})");
  std::string many = "{";
  for (int i = 0; i < 40; ++i)
    many += "\"k" + std::to_string(i % 20) + "\":" + std::to_string(i) + ",";
  Json json = parsed(many + "\"z\":0}");
  EXPECT_EQ(json.size(), 21U);
  EXPECT_EQ(json.int_or("k0"), 20);
  EXPECT_EQ(json.members()[19].key, "k19");
}

TEST(Json, ManyMembersAreCheap) {
  std::string many = "{\"k\":0";
  for (int i = 0; i < 200000; ++i)
    many += ",\"k" + std::to_string(i) + "\":0";
  EXPECT_EQ(parsed(many + "}").size(), 200001U);
}

TEST(Json, ErrorsNameFileAndLine) {
  EXPECT_EQ(refused("{\n\"a\": 1,\n\"b\" 2}"), "t.json:3: a colon is expected behind the member's name");
  EXPECT_EQ(refused(""), "t.json:1: the document is empty");
  EXPECT_EQ(refused("{}\n{}"), "t.json:2: something follows the end of the document");
  EXPECT_EQ(refused("[1,]"), "t.json:1: a value is expected here");
  EXPECT_NE(refused("[1 2]").find("a comma or ]"), std::string::npos);
  EXPECT_NE(refused("{\"a\":nul}").find("t.json:1"), std::string::npos);
  EXPECT_NE(refused("[1e999]").find("too big"), std::string::npos);
}

TEST(Json, AZeroByteEndsNothing) {
  EXPECT_NE(refused(std::string_view("{}\0garbage", 10)).find("zero byte"), std::string::npos);
  EXPECT_EQ(parsed(R"(["a\u0000b"])").items()[0].as_string()->size(), 3U);
}

TEST(Json, LimitsOfDepthAndSize) {
  std::string deep = std::string(128, '[') + std::string(128, ']');
  EXPECT_TRUE(parse_json(deep, "t.json"));
  EXPECT_NE(refused("[" + deep + "]").find("deeper than 128"), std::string::npos);
  EXPECT_NE(refused(std::string(1000000, '[')).find("deeper than 128"), std::string::npos);
  EXPECT_NE(refused("[1,2,3]", {.bytes = 4}).find("larger than 4 bytes"), std::string::npos);
}

TEST(Json, OffsetsLeadToLines) {
  std::string text = "{\n \"a\": {\n  \"b\": [1,\n   \"x\"]}\n}";
  Json json = parsed(text);
  const Json* b = json.at({"a", "b"});
  EXPECT_EQ(line_at(text, json.offset()), 1U);
  EXPECT_EQ(line_at(text, json.find("a")->offset()), 2U);
  EXPECT_EQ(line_at(text, b->offset()), 3U);
  EXPECT_EQ(line_at(text, b->items()[0].offset()), 3U);
  EXPECT_EQ(line_at(text, b->items()[1].offset()), 4U);
}

TEST(Json, WritesWhatItReads) {
  std::string text = R"({"a":[1,-2,18446744073709551615,0.1,true,null,"q\"\\\n\u0001"],"e":{},"f":[]})";
  EXPECT_EQ(to_text(parsed(text)), text);
  EXPECT_EQ(to_text(parsed("[-0.0,0.0,-0]")), "[0,0,0]");
  EXPECT_EQ(to_text(parsed("{\"a\":[1,{}],\"b\":{\"c\":\"d\"}}"), 2),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": \"d\"\n  }\n}");
}

TEST(Json, Builds) {
  Json json = Json::object().set("name", "x").set("n", 3U).set("list", Json::array().push(1).push("two"));
  json.set("name", "y").set_if("none", std::optional<int>()).set_if("some", std::optional<std::string>("s"));
  EXPECT_EQ(to_text(json), R"({"name":"y","n":3,"list":[1,"two"],"some":"s"})");
  json.remove("n");
  EXPECT_EQ(json.find("n"), nullptr);
  EXPECT_EQ(json, parsed(R"({"name":"y","list":[1,"two"],"some":"s"})"));
  EXPECT_EQ(json.string_or("list", "no"), "no");
  EXPECT_EQ(json.strings_of("list"), std::vector<std::string>{"two"});
}

} // namespace
} // namespace phial
