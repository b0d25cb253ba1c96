// What the shell form of a program has to know and takes from the instructions themselves: the namespaces that are made
// and joined, what is executed at the end. Pure.
#pragma once

#include "program/program.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace phial::program {

struct JoinedNamespace {
  std::uint64_t flag = 0; // CLONE_NEW*
  std::string path;
};

struct ShellFacts {
  std::uint64_t made = 0;            // CLONE_NEW* flags, the cgroup namespace apart
  bool own_cgroup_namespace = false; // made by unshare(2), once the process is in its cgroups
  std::vector<JoinedNamespace> joined;
  std::vector<std::string> arguments;   // of the last execve
  std::vector<std::string> environment; // "NAME=value"
  std::uint64_t umask = 0022;
  std::uint64_t inheritable = 0; // capabilities, as bits
  std::uint64_t ambient = 0;
  bool reaper = false; // phial-init stays as PID 1
};

[[nodiscard]] ShellFacts shell_facts(const Program& program);

// Whether the step has such an instruction.
[[nodiscard]] bool has_operation(const Program& program, const Step& step, Op op);
[[nodiscard]] bool has_call(const Program& program, const Step& step, long number);
// Whether it makes the cgroup namespace.
[[nodiscard]] bool makes_cgroup_namespace(const Program& program, const Step& step);

} // namespace phial::program
