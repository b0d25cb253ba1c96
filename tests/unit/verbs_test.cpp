// The table of verbs: what the help, the man pages and the completions are made of must be there.
#include "cli/completion.hpp"
#include "cli/errors.hpp"
#include "cli/help.hpp"
#include "cli/manual.hpp"
#include "cli/verbs.hpp"
#include "commandline/manual.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace phial::cli {
namespace {

using commandline::roff;
using commandline::wrap;
using testing::Contains;
using testing::HasSubstr;

TEST(Verbs, EveryVerbCanBeReadAbout) {
  for (const Verb* verb : all_verbs()) {
    EXPECT_FALSE(verb->summary.empty()) << verb->name;
    EXPECT_FALSE(verb->summary.ends_with(".")) << verb->name;
    EXPECT_NE(verb->run, nullptr) << verb->name;
    EXPECT_THAT(verb_page(*verb, 100), HasSubstr("Usage: phial ")) << verb->name;
    if (verb->group == Group::hidden)
      continue;
    std::string manual = manual_page(*verb);
    EXPECT_THAT(manual, HasSubstr(".SH NAME\n")) << verb->name;
    EXPECT_THAT(manual_overview(), HasSubstr(roff(manual_name(*verb)) + "\\fR(1)")) << verb->name;
    for (std::size_t i = 0; i < verb->options.size(); ++i)
      EXPECT_THAT(manual, HasSubstr("\\-\\-" + roff(verb->options[i].name))) << verb->name;
  }
}

TEST(Verbs, EveryOptionHasHelpAndIsThereOnce) {
  for (const Verb* verb : all_verbs()) {
    std::set<std::string_view> names;
    std::set<char> letters;
    for (std::size_t i = 0; i < verb->options.size(); ++i) {
      const Option& option = verb->options[i];
      EXPECT_FALSE(option.help.empty()) << verb->name << " --" << option.name;
      EXPECT_FALSE(option.help.ends_with(".")) << verb->name << " --" << option.name;
      EXPECT_TRUE(names.insert(option.name).second) << verb->name << " --" << option.name;
      EXPECT_TRUE(option.letter == 0 || letters.insert(option.letter).second) << verb->name << " -" << option.letter;
    }
  }
}

TEST(Verbs, NoPageIsTooWide) {
  for (const Verb* verb : all_verbs()) {
    std::string page = verb_page(*verb, 100);
    std::size_t at = 0;
    for (std::size_t end; (end = page.find('\n', at)) != std::string::npos; at = end + 1)
      EXPECT_LE(end - at, 110) << verb->name << ": " << page.substr(at, end - at);
  }
}

TEST(Verbs, AreFoundByEveryName) {
  for (const Verb* verb : all_verbs()) {
    if (!verb->noun_only) {
      std::string_view words[] = {verb->name};
      EXPECT_EQ(find_verb(words)->verb, verb);
    }
    for (std::string_view name : noun_names(*verb)) {
      std::string_view words[] = {verb->noun, name};
      EXPECT_EQ(find_verb(words)->verb, verb) << verb->noun << " " << name;
    }
  }
}

TEST(Verbs, AnUnknownOneGetsASuggestion) {
  std::string_view words[] = {"versoin"};
  Result<Found> found = find_verb(words);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "unknown command: phial versoin");
  EXPECT_EQ(found.error().hint, "did you mean 'phial version'?");
}

std::vector<std::string> offered(std::vector<std::string_view> words) {
  std::vector<std::string> out;
  for (const Candidate& candidate : complete(words).candidates)
    out.push_back(candidate.text);
  return out;
}

TEST(Completion, OffersVerbsFlagsAndValues) {
  EXPECT_THAT(offered({"ver"}), Contains("version"));
  EXPECT_THAT(offered({""}), testing::Not(Contains("__complete")));
  EXPECT_THAT(offered({"--lo"}), Contains("--log-format"));
  EXPECT_THAT(offered({"--log-format", ""}), testing::ElementsAre("text", "json"));
  EXPECT_THAT(offered({"--log-format=j"}), testing::ElementsAre("--log-format=json"));
  EXPECT_THAT(offered({"--log-format", "json", "ver"}), Contains("version"));
  EXPECT_THAT(offered({"version", "--f"}), Contains("--format"));
  EXPECT_EQ(complete(std::vector<std::string_view>{"--root", ""}).offer, Offer::directory);
}

TEST(Completion, KnowsTheFlagsOfContainers) {
  EXPECT_THAT(offered({"run", "--mem"}), Contains("--memory-high"));
  EXPECT_THAT(offered({"run", "--network", ""}), Contains("none"));
  EXPECT_THAT(offered({"explain", "run", "--network=h"}), testing::ElementsAre("--network=host"));
  EXPECT_THAT(offered({"image", ""}), Contains("inspect"));
  EXPECT_EQ(complete(std::vector<std::string_view>{"run", "-it", ""}).offer, Offer::image);
  EXPECT_EQ(complete(std::vector<std::string_view>{"run", "--env-file", ""}).offer, Offer::file);
  EXPECT_EQ(complete(std::vector<std::string_view>{"container", "stop", "we"}).offer, Offer::running_container);
  EXPECT_EQ(complete(std::vector<std::string_view>{"rename", "a", "b", ""}).offer, Offer::nothing);
}

TEST(Manual, PagesAreAscii) {
  for (const Verb* verb : all_verbs())
    for (char c : manual_page(*verb) + manual_overview())
      ASSERT_GE(c, 0) << verb->name;
}

TEST(Completion, HasAScriptForEachShell) {
  for (std::string_view shell : {"bash", "zsh", "fish"})
    EXPECT_THAT(*commandline::completion_script("phial", shell), HasSubstr("phial __complete -- "));
  EXPECT_FALSE(commandline::completion_script("phial", "tcsh"));
}

TEST(Help, WrapsBehindItsIndent) {
  EXPECT_EQ(wrap("one two three", 8, 2), "one\n  two\n  three");
}

TEST(Errors, APersonReadsSentenceCauseAndHint) {
  Error error = fail_call("mkdir", "/sys/x", ENOENT).error();
  EXPECT_EQ(person_text("phial run", error), "phial run: mkdir /sys/x: No such file or directory (ENOENT)\n");
  error.doing.emplace_back("make the cgroup");
  error.hint = "mount it";
  EXPECT_EQ(person_text("phial run", error), "phial run: make the cgroup\n"
                                             "cause: mkdir /sys/x: No such file or directory (ENOENT)\n"
                                             "hint: mount it\n");
}

TEST(Errors, AMachineReadsOneLine) {
  Error error = fail(Kind::exists, "the name \"web\" is in use", "choose another").error();
  EXPECT_EQ(machine_text("phial run", error, 125),
            R"({"level":"error","program":"phial run","kind":"exists","msg":"the name \"web\" is in use",)"
            R"("message":"the name \"web\" is in use","hint":"choose another","status":125})"
            "\n");
}

TEST(Errors, Statuses) {
  EXPECT_EQ(exit_status(Kind::command_missing, 125), 127);
  EXPECT_EQ(exit_status(Kind::command_invalid, 1), 126);
  EXPECT_EQ(exit_status(Kind::not_found, 125), 125);
  EXPECT_EQ(exit_status(Kind::not_found, 1), 1);
}

} // namespace
} // namespace phial::cli
