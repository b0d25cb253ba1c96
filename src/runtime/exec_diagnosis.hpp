// Why a container's program cannot be executed, found by looking at its files as the kernel did. Says only what fits
// the errno the kernel gave; where nothing fits it says nothing. Reads the container's root, changes nothing.
#pragma once

#include "base/error.hpp"
#include "runtime/root_view.hpp"

#include <optional>

namespace phial::runtime {

struct Attempt {
  std::vector<std::string> args;
  std::vector<std::string> environment;
  std::string directory = "/";
  Accessor who;                             // in the host's numbers
  std::uint32_t uid = 0;                    // in the container's
  std::optional<std::uint64_t> stack_limit; // bytes
};
[[nodiscard]] Attempt attempt_of(const spec::Spec& spec, const spec::Process& process);

struct Diagnosis {
  std::string message; // a full clause
  std::string hint;
  int number = 0; // the errno that execve(2) gives for it
};

// `number`: the errno of the attempt, as program::failure() has it. ENOENT and ENOTDIR count as one.
[[nodiscard]] std::optional<Diagnosis> diagnose_exec(const RootView& root, const Attempt& attempt, int number);

// Why a program that was executed ended with status 127 at once: its loader misses libraries, or the env of its first
// line finds no interpreter.
[[nodiscard]] std::optional<Diagnosis> diagnose_127(const RootView& root, const Attempt& attempt);

// The error of a failed execve (of Kind::command_missing or command_invalid) with what is behind it: the sentence of
// the step goes on, the hint is the diagnosis's. Any other error is left as it is.
void explain_exec(Error& error, const RootView& root, const Attempt& attempt);

} // namespace phial::runtime
