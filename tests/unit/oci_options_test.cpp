// phial-oci's table: what runc's and crun's callers write is understood, and what is wrong is told in a sentence.
#include "commandline/manual.hpp"
#include "oci/documents.hpp"
#include "oci/log.hpp"
#include "oci/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace phial::oci {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using Words = std::vector<std::string_view>;

Result<Arguments> parse(std::string_view verb, const Words& words) {
  return parse_verb(**find_verb(verb), words);
}

std::string problem(std::string_view verb, const Words& words) {
  Result<Arguments> parsed = parse(verb, words);
  return parsed ? "none" : parsed.error().message + "|" + parsed.error().hint;
}

TEST(OciOptions, ALongFlagTakesOneDashOrTwo) {
  for (const Words& words : {Words{"-bundle", "box", "id"},
                             {"--bundle", "box", "id"},
                             {"-bundle=box", "id"},
                             {"--bundle=box", "id"},
                             {"-b", "box", "id"},
                             {"--b", "box", "id"},
                             {"-b=box", "id"},
                             {"-bbox", "id"},
                             {"id", "--bundle", "box"}}) {
    Result<Arguments> parsed = parse("create", words);
    ASSERT_TRUE(parsed) << words[0] << ": " << parsed.error().text();
    EXPECT_EQ(parsed->last("bundle"), "box") << words[0];
    EXPECT_THAT(parsed->words, ElementsAre("id")) << words[0];
  }
}

TEST(OciOptions, SwitchesTakeNoWord) {
  Result<Arguments> parsed = parse("run", {"-detach", "--keep=false", "-no-pivot=true", "id"});
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->on("detach"));
  EXPECT_FALSE(parsed->on("keep"));
  EXPECT_TRUE(parsed->on("no-pivot"));
}

TEST(OciOptions, WhatContainerdAndConmonWriteIsUnderstood) {
  Result<Arguments> before = parse_globals(Words{"--root", "/run/x", "--log", "/l/log.json", "--log-format", "json",
                                                 "--systemd-cgroup", "create", "--bundle", "/b", "id"});
  ASSERT_TRUE(before);
  EXPECT_THAT(before->words, ElementsAre("create", "--bundle", "/b", "id"));
  EXPECT_TRUE(before->on("systemd-cgroup"));
  EXPECT_TRUE(
      parse("create", {"--bundle", "/b", "--pid-file", "/p", "--console-socket", "/s", "--no-new-keyring", "id"}));
  EXPECT_TRUE(parse("exec", {"--pid-file", "/p", "--process", "/j", "--detach", "id"}));
  EXPECT_TRUE(parse("kill", {"--all", "id", "9"}));
  EXPECT_TRUE(parse("kill", {"id", "KILL", "-a"}));
  EXPECT_TRUE(parse("delete", {"--force", "id"}));
  EXPECT_TRUE(parse("update", {"--resources", "-", "id"}));
  EXPECT_TRUE(parse("events", {"--stats", "id"}));
  EXPECT_TRUE(parse("ps", {"--format", "json", "id"}));
}

TEST(OciOptions, TheCommandOfExecIsItsOwn) {
  Result<Arguments> parsed = parse("exec", {"-t", "-e", "A=1", "-env", "B=2", "id", "ls", "-t", "--user", "x"});
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->words, ElementsAre("id", "ls", "-t", "--user", "x"));
  EXPECT_THAT(parsed->all("env"), ElementsAre("A=1", "B=2"));
  EXPECT_THAT(parse("exec", {"id", "--", "ls"})->words, ElementsAre("id", "--", "ls"));
  EXPECT_THAT(parse("exec", {"--", "id", "-x"})->words, ElementsAre("id", "-x"));
}

TEST(OciOptions, SaysWhatIsWrong) {
  EXPECT_EQ(problem("create", {"--bundel", "b", "id"}), "unknown flag: --bundel|did you mean --bundle?");
  EXPECT_EQ(problem("create", {"-bundel", "b", "id"}), "unknown flag: -bundel|did you mean --bundle?");
  EXPECT_EQ(problem("create", {}), "'phial-oci create' requires 1 argument|usage: phial-oci create [OPTIONS] ID");
  EXPECT_EQ(problem("list", {"--format", "jsno"}), "--format: \"jsno\" is none of table, json|did you mean json?");
  EXPECT_EQ(problem("create", {"--bundle"}), "--bundle needs a value: DIR|");
  EXPECT_EQ(find_verb("stat").error().hint, "did you mean 'start'?");
  EXPECT_FALSE(parse_globals(Words{"--log-format", "xml", "list"}));
}

TEST(OciOptions, Globals) {
  char* none[] = {nullptr};
  char runtime[] = "XDG_RUNTIME_DIR=/run/user/7";
  char* user[] = {runtime, nullptr};
  auto read = [&](const Words& words, char** entries, bool as_root) {
    return read_globals(*parse_globals(words), Environment(entries), "/work", as_root);
  };
  EXPECT_EQ(read({}, none, true)->root, "/run/phial-oci");
  EXPECT_EQ(read({}, user, true)->root, "/run/phial-oci");
  EXPECT_EQ(read({}, user, false)->root, "/run/user/7/phial-oci");
  EXPECT_EQ(read({"--root", "x"}, user, false)->root, "/work/x");
  EXPECT_EQ(read({"--systemd-cgroup"}, none, true)->cgroup_manager, CgroupManager::systemd);
  EXPECT_EQ(read({"--cgroup-manager=disabled"}, none, true)->cgroup_manager, CgroupManager::disabled);
  EXPECT_EQ(read({"--rootless", "false"}, none, true)->rootless, false);
  EXPECT_EQ(read({"--rootless=auto"}, none, true)->rootless, std::nullopt);
  EXPECT_FALSE(read({"--rootless=maybe"}, none, true));
}

TEST(OciOptions, EveryVerbCanBeReadAbout) {
  for (const Verb* verb : all_verbs()) {
    EXPECT_FALSE(verb->summary.empty() || verb->summary.ends_with(".")) << verb->name;
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < verb->options.size(); ++i) {
      const Option& option = verb->options[i];
      EXPECT_TRUE(!option.help.empty() && !option.help.ends_with(".")) << verb->name << " --" << option.name;
      EXPECT_TRUE(names.insert(option.name).second) << verb->name << " --" << option.name;
      if (!option.hidden) {
        EXPECT_THAT(manual_page(*verb), HasSubstr("\\-\\-" + commandline::roff(option.name))) << verb->name;
        EXPECT_THAT(verb_page(*verb), HasSubstr("--" + std::string(option.name))) << verb->name;
      }
    }
    if (!verb->hidden) {
      EXPECT_THAT(first_page(), HasSubstr(verb->name));
      EXPECT_THAT(manual_overview(), HasSubstr(commandline::roff("phial-oci-" + std::string(verb->name)) + "\\fR(8)"));
    }
  }
}

std::vector<std::string> offered(const Words& words) {
  std::vector<std::string> out;
  for (const commandline::Candidate& candidate : complete(words).candidates)
    out.push_back(candidate.text);
  return out;
}

TEST(OciOptions, CompletionsOfVerbsFlagsAndValues) {
  EXPECT_THAT(offered({"che"}), ElementsAre("checkpoint"));
  EXPECT_THAT(offered({"--log-format", "json", "list", "--format", ""}), ElementsAre("table", "json"));
  EXPECT_THAT(offered({"create", "--pid"}), ElementsAre("--pid-file", "--pidfd-socket"));
  EXPECT_THAT(offered({"create", "--no-su"}), testing::IsEmpty());
  EXPECT_EQ(complete(Words{"create", "-bundle", ""}).offer, Offer::directory);
  EXPECT_EQ(complete(Words{"delete", ""}).offer, Offer::container);
}

TEST(OciLog, LinesAreTheOnesThatProgramsParse) {
  EXPECT_EQ(log_line(LogFormat::json, "error", "no \"x\"\n", "2026-11-22T15:49:03Z"),
            R"({"level":"error","msg":"no \"x\"\n","time":"2026-11-22T15:49:03Z"})"
            "\n");
  EXPECT_EQ(log_line(LogFormat::text, "error", "no \"x\"\n", "2026-11-22T15:49:03Z"),
            R"(time="2026-11-22T15:49:03Z" level=error msg="no \"x\"\n")"
            "\n");
  EXPECT_EQ(log_line(LogFormat::text, "debug", "plain", "T"), "time=\"T\" level=debug msg=plain\n");
}

} // namespace
} // namespace phial::oci
