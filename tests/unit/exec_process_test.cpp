#include "runtime/lifecycle/exec_process.hpp"

#include "runtime/default_spec.hpp"
#include "runtime/lifecycle/command_failure.hpp"
#include "runtime/lifecycle/exec_cgroups.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace phial::runtime {
namespace {

spec::Spec container() {
  spec::Spec out = default_spec();
  out.process->env = {"PATH=/bin", "A=1"};
  out.process->cwd = "/srv";
  out.process->capabilities->bounding = {"CAP_KILL"};
  out.process->capabilities->effective = {"CAP_KILL"};
  out.process->capabilities->permitted = {"CAP_KILL"};
  out.process->capabilities->inheritable = {};
  out.process->capabilities->ambient = {};
  return out;
}

ProcessChanges changes() {
  ProcessChanges out;
  out.args = {"true"};
  return out;
}

TEST(ExecProcess, IsTheContainersOwnButForWhatIsChanged) {
  spec::Spec spec = container();
  spec.process->terminal = true;
  spec::Process plain = exec_process(spec, changes()).value();
  EXPECT_EQ(plain.args, std::vector<std::string>{"true"});
  EXPECT_EQ(plain.cwd, "/srv");
  EXPECT_FALSE(plain.terminal); // never but by the flag
  EXPECT_EQ(plain.no_new_privileges, spec.process->no_new_privileges);
  ProcessChanges all = changes();
  all.cwd = "/x";
  all.env = {"B=2"};
  all.terminal = true;
  all.user = "5:6";
  all.additional_gids = {7};
  all.no_new_privileges = false;
  spec::Process out = exec_process(spec, all).value();
  EXPECT_EQ(out.cwd, "/x");
  EXPECT_EQ(out.env, (std::vector<std::string>{"PATH=/bin", "A=1", "B=2"}));
  EXPECT_TRUE(out.terminal);
  EXPECT_EQ(out.user.uid, 5U);
  EXPECT_EQ(out.user.gid, 6U);
  EXPECT_EQ(out.user.additional_gids, std::vector<std::uint32_t>{7});
  EXPECT_FALSE(out.no_new_privileges);
}

TEST(ExecProcess, CapabilitiesAreAddedAndAmbientOnlyBesideInheritable) {
  spec::Spec spec = container();
  ProcessChanges some = changes();
  some.capabilities = {"CAP_CHOWN", "CAP_KILL"};
  spec::Capabilities sets = *exec_process(spec, some).value().capabilities;
  EXPECT_EQ(sets.bounding, (std::vector<std::string>{"CAP_KILL", "CAP_CHOWN"}));
  EXPECT_EQ(sets.effective, sets.bounding);
  EXPECT_EQ(sets.permitted, sets.bounding);
  EXPECT_TRUE(sets.ambient.empty());
  spec.process->capabilities->inheritable = {"CAP_KILL"};
  EXPECT_EQ(exec_process(spec, some).value().capabilities->ambient,
            (std::vector<std::string>{"CAP_CHOWN", "CAP_KILL"}));
}

TEST(ExecProcess, UsersAreNumbersAndNothingElse) {
  for (const char* text : {"root", "1000junk", "0x5", "-1", "", " 1", "1:", ":1", "1:2:3", "4294967295", "1 "}) {
    ProcessChanges wrong = changes();
    wrong.user = text;
    EXPECT_EQ(exec_process(container(), wrong).has_value(), *text == '\0') << text;
  }
}

TEST(ExecProcess, WhatADocumentLeavesOutTheContainerGives) {
  spec::Spec spec = container();
  spec.process->oom_score_adj = 100;
  spec.process->apparmor_profile = "own";
  spec::Process document;
  complete_process(document, spec);
  EXPECT_EQ(document.capabilities, spec.process->capabilities);
  EXPECT_EQ(document.rlimits, spec.process->rlimits);
  EXPECT_EQ(document.oom_score_adj, 100);
  EXPECT_EQ(document.apparmor_profile, "own");
  spec::Process whole;
  whole.capabilities.emplace();
  whole.apparmor_profile = "other";
  complete_process(whole, spec);
  EXPECT_TRUE(whole.capabilities->bounding.empty());
  EXPECT_EQ(whole.apparmor_profile, "other");
}

TEST(ExecProcess, TheLastOfAVariableHolds) {
  std::vector<std::string> environment = {"A=1", "B=2", "A=3", "AB=4", "A="};
  unite_environment(environment);
  EXPECT_EQ(environment, (std::vector<std::string>{"A=", "B=2", "AB=4"}));
}

TEST(ExecCgroups, NamesHierarchiesAndNeverLeadsUp) {
  std::vector<SubCgroup> one = parse_sub_cgroups({"/a//b/../c/"}).value();
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].path, "a/c");
  EXPECT_TRUE(one[0].controllers.empty());
  std::vector<SubCgroup> two = parse_sub_cgroups({"cpu,memory:x", "pids:/"}).value();
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[0].controllers, (std::vector<std::string>{"cpu", "memory"}));
  EXPECT_EQ(two[1].path, "");
  for (std::vector<std::string> wrong :
       {std::vector<std::string>{"../x"}, {"a/../../x"}, {":x"}, {"cpu,:x"}, {"cpu:x", "cpu:y"}, {"cpu:x", "y"}})
    EXPECT_FALSE(parse_sub_cgroups(wrong)) << wrong[0];
}

std::string named(Kind kind, int number, const char* command) {
  spec::Process process;
  process.args = {command};
  Error error;
  error.kind = kind;
  error.number = number;
  error.message = "ours";
  name_command(error, process);
  return error.message;
}

TEST(CommandFailure, SaysItInRuncsWords) {
  const std::string begin = "unable to start container process: ";
  EXPECT_EQ(named(Kind::command_missing, ENOENT, "foo"),
            begin + "exec: \"foo\": executable file not found in $PATH: ours");
  EXPECT_EQ(named(Kind::command_missing, ENOENT, "/foo"),
            begin + "exec: \"/foo\": stat /foo: no such file or directory: ours");
  EXPECT_EQ(named(Kind::command_invalid, EACCES, "/foo"), begin + "exec: \"/foo\": permission denied: ours");
  EXPECT_EQ(named(Kind::command_invalid, ENOEXEC, "/foo"), begin + "exec /foo: exec format error: ours");
  EXPECT_EQ(named(Kind::system, ENOENT, "/foo"), "ours");
}

} // namespace
} // namespace phial::runtime
