// The process of `exec`: the container's own with what the command line changes, or a document's. Pure.
#pragma once

#include "spec/types.hpp"

#include "base/error.hpp"

#include <optional>
#include <string>
#include <vector>

namespace phial::runtime {

// Absent and empty: as the container's first process has it.
struct ProcessChanges {
  std::vector<std::string> args;
  std::string cwd;
  std::vector<std::string> env; // "NAME=value"
  bool terminal = false;
  std::string user; // "UID" or "UID:GID"
  std::vector<std::uint32_t> additional_gids;
  std::vector<std::string> capabilities; // beside those it has
  std::string apparmor_profile;
  std::string selinux_label;
  std::optional<bool> no_new_privileges;
};

// Kind::usage names the flag. Kind::state where the container has no process to take it from.
[[nodiscard]] Result<spec::Process> exec_process(const spec::Spec& container, const ProcessChanges& changes);

// What a process document leaves out is as the container has it: capabilities, limits, labels, scheduling.
void complete_process(spec::Process& process, const spec::Spec& container);

// Of a variable that is there several times the last holds, at the place of the first. exec and libc take the first.
void unite_environment(std::vector<std::string>& environment);

} // namespace phial::runtime
