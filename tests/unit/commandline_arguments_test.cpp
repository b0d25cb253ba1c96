#include "commandline/arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace phial::commandline {
namespace {

constexpr Option kOptions[] = {
    {.name = "detach", .letter = 'd'},
    {.name = "interactive", .letter = 'i'},
    {.name = "tty", .letter = 't'},
    {.name = "rm"},
    {.name = "memory", .letter = 'm', .value = "SIZE"},
    {.name = "env", .letter = 'e', .value = "NAME=VALUE", .repeatable = true},
    {.name = "network", .value = "MODE", .also = "net"},
};

Result<Arguments> parse(std::vector<std::string_view> words, bool stop = true) {
  return parse_arguments({.own = kOptions}, stop, words);
}

std::string problem(std::vector<std::string_view> words) {
  Result<Arguments> parsed = parse(std::move(words));
  return parsed ? "none" : parsed.error().message + "|" + parsed.error().hint;
}

TEST(Arguments, LettersRunTogether) {
  Result<Arguments> parsed = parse({"-dit", "busybox"});
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->on("detach"));
  EXPECT_TRUE(parsed->on("interactive"));
  EXPECT_TRUE(parsed->on("tty"));
  EXPECT_FALSE(parsed->on("rm"));
}

TEST(Arguments, AValueIsTakenInEveryForm) {
  for (std::vector<std::string_view> words : {std::vector<std::string_view>{"-m64m"},
                                              {"-m=64m"},
                                              {"-m", "64m"},
                                              {"--memory", "64m"},
                                              {"--memory=64m"},
                                              {"-itm64m"},
                                              {"-dm", "64m"}}) {
    Result<Arguments> parsed = parse(words);
    ASSERT_TRUE(parsed) << words[0];
    EXPECT_EQ(parsed->last("memory"), "64m") << words[0];
  }
}

TEST(Arguments, TheLastOneHoldsAndRepeatablesAreKept) {
  Result<Arguments> parsed = parse({"-m1", "-e", "A=1", "-m2", "--env=B=2", "--env", ""});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->last("memory"), "2");
  EXPECT_EQ(parsed->all("env"), (std::vector<std::string_view>{"A=1", "B=2", ""}));
}

TEST(Arguments, ASwitchCanBeTurnedOff) {
  EXPECT_FALSE(parse({"--rm", "--rm=false"})->on("rm"));
  EXPECT_TRUE(parse({"--rm=1"})->on("rm"));
  EXPECT_TRUE(parse({"-d=false", "-t"})->on("tty"));
  EXPECT_FALSE(parse({"-d=false"})->on("detach"));
  EXPECT_TRUE(parse({})->on("rm", true));
  EXPECT_EQ(problem({"--rm=maybe"}), "--rm is a switch: \"maybe\" is neither true nor false|");
}

TEST(Arguments, OptionsStopAtTheFirstWord) {
  Result<Arguments> parsed = parse({"-d", "busybox", "ls", "-la", "--rm"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->words, (std::vector<std::string_view>{"busybox", "ls", "-la", "--rm"}));
  EXPECT_FALSE(parsed->on("rm"));
}

TEST(Arguments, OrGoOnBehindItWhereTheVerbSaysSo) {
  Result<Arguments> parsed = parse({"one", "--rm", "two", "--", "-d"}, false);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->words, (std::vector<std::string_view>{"one", "two", "-d"}));
  EXPECT_TRUE(parsed->on("rm"));
  EXPECT_FALSE(parsed->on("detach"));
}

TEST(Arguments, ADashAloneIsAWord) {
  EXPECT_EQ(parse({"-"})->words, (std::vector<std::string_view>{"-"}));
}

TEST(Arguments, ASecondNameIsTheSameFlag) {
  EXPECT_EQ(parse({"--net", "host"})->last("network"), "host");
}

TEST(Arguments, HelpEndsTheReading) {
  EXPECT_TRUE(parse({"--help", "--nonsense"})->help);
  EXPECT_TRUE(parse({"-h"})->help);
  EXPECT_FALSE(parse({"busybox", "--help"})->help);
}

TEST(Arguments, SaysWhatIsWrong) {
  EXPECT_EQ(problem({"--memry=1"}), "unknown flag: --memry|did you mean --memory?");
  EXPECT_EQ(problem({"--zzzzzz"}), "unknown flag: --zzzzzz|");
  EXPECT_EQ(problem({"-itz"}), "unknown flag: -z in -itz|a long flag takes two dashes: --itz");
  EXPECT_EQ(problem({"-m"}), "-m needs a value: SIZE|");
  EXPECT_EQ(problem({"--memory"}), "--memory needs a value: SIZE|");
}

TEST(Arguments, AFlagOfDockersThatIsNotHereIsToldApart) {
  constexpr AbsentOption kAbsent[] = {{"publish", 'p', "it has no networks"}};
  for (std::string_view word : {"--publish=80:80", "-p80:80", "-dp"}) {
    std::string_view words[] = {word};
    Result<Arguments> parsed = parse_arguments({.own = kOptions, .absent = kAbsent}, true, words);
    ASSERT_FALSE(parsed) << word;
    EXPECT_THAT(parsed.error().message, testing::EndsWith(" is not in this version: it has no networks"));
  }
}

TEST(Arguments, OneDashIsEnoughWhereTheTableSaysSo) {
  auto read = [](std::vector<std::string_view> words) {
    return parse_arguments({.own = kOptions, .one_dash = true}, true, words);
  };
  EXPECT_EQ(read({"-memory", "64m"})->last("memory"), "64m");
  EXPECT_EQ(read({"--m=64m"})->last("memory"), "64m");
  EXPECT_TRUE(read({"-rm", "-dit"})->on("rm"));
  EXPECT_TRUE(read({"-rm", "-dit"})->on("tty"));
  EXPECT_TRUE(read({"-help"})->help);
  EXPECT_TRUE(read({"--h"})->help);
  EXPECT_EQ(read({"-memry=1"}).error().hint, "did you mean --memory?");
}

TEST(Arguments, CountsWords) {
  EXPECT_TRUE(check_count("phial rm", 2, 1, 255));
  EXPECT_EQ(check_count("phial rm", 0, 1, 255).error().message, "'phial rm' requires at least 1 argument");
  EXPECT_EQ(check_count("phial rename", 1, 2, 2).error().message, "'phial rename' requires 2 arguments");
  EXPECT_EQ(check_count("phial images", 2, 0, 1).error().message, "'phial images' requires at most 1 argument");
  EXPECT_EQ(check_count("phial ps", 1, 0, 0).error().message, "'phial ps' accepts no arguments");
}

} // namespace
} // namespace phial::commandline
