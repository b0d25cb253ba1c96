// What starting is made of, for start(), run() and the others that need a part of it.
#pragma once

#include "engine/containers.hpp"
#include "engine/session.hpp"
#include "program/program.hpp"
#include "spec/types.hpp"

namespace phial::engine {

struct Compiled {
  program::Program program;
  runtime::CgroupPaths cgroup;
  std::string oom_file; // where the kernel counts what it killed for want of memory
};

// What create() would do for a container that is only planned, as shell commands.
struct Preparing {
  std::string shell;
  std::string undo;
  std::vector<std::string> directories; // sources of bind mounts that it makes
};

// The container's program. Reads the host's facts; changes nothing. Its first step stands for what create() has done:
// `preparing`, where it has not.
[[nodiscard]] Result<Compiled> compile(const Engine& engine, const Record& record, const spec::Spec& spec,
                                       const Preparing* preparing = nullptr);

// Kind::system where our limit of open files is too low to make and remove a container whatever comes.
[[nodiscard]] Result<> check_descriptors();

// The words for a start that failed: of the journal in the state directory, else of what the monitor said.
[[nodiscard]] Error failure_error(const program::Program& program, const std::string& state,
                                  const wire::Failure& failure);

struct Started {
  Fd socket; // the monitor's
  Fd journal;
  Running running;
  program::Program program;
  std::int64_t begun = 0; // nanoseconds since 1970
};
// Starts a container that does not run, under its lock, which the monitor lets go of. Returns when the container's
// program was executed, or why it was not.
[[nodiscard]] Result<Started> start_container(const Engine& engine, const Container& container, const spec::Spec& spec,
                                              const Streams& streams, Fd lock);

[[nodiscard]] Result<Ending> follow_started(const Engine& engine, const Record& record, const spec::Spec& spec,
                                            Started started, SignalDoor& signals, const Streams& streams);

// The monitor's first word: started, or failed. Waits for it; `buffer` of wire::kPacket bytes holds it.
[[nodiscard]] Result<wire::Message> first_word(int socket, std::vector<char>& buffer);
// A session until its end; where the monitor went without a word, what the records of container `id` say.
[[nodiscard]] Result<Ending> session(const Engine& engine, int socket, SignalDoor& signals,
                                     const SessionSettings& settings, const std::string& id);

} // namespace phial::engine
