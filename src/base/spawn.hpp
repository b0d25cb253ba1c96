// Spawn: another program started with what it is given and nothing else. Knows nothing of containers. The C library's
// posix_spawn(3) asks for each signal before it sets it, and leaves its own two ignored, which a container would
// inherit.
#pragma once

#include "base/error.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace phial {

class Spawn {
public:
  // What the child does before its exec, in the order of the calls. The paths have to outlive run().
  void open(int number, const char* path, int flags); // `number` becomes that file
  void pass(int ours, int number);                    // `number` becomes a copy of ours
  void close_from(int number);
  void enter(const char* directory);
  void begin_session();

  // Runs `path` with no signal blocked, ignored or handled. Both arrays end with a null pointer. The caller waits for
  // the process. clone3(2), execve(2).
  [[nodiscard]] Result<pid_t> run(const char* path, const char* const* argv, const char* const* envp) const;

private:
  enum class What : std::uint8_t { open, pass, close_from, enter, session };
  struct Action {
    What what = What::open;
    int number = 0;
    int other = 0; // flags, or the descriptor that is passed
    const char* path = nullptr;
  };
  struct Child;
  static void child_main();
  static long perform(const Action& action);
  static Child* current_;

  std::vector<Action> actions_;
};

// What an exec takes: pointers to the words, which have to outlive them, and a null pointer.
[[nodiscard]] std::vector<const char*> exec_words(const std::vector<std::string>& words);

} // namespace phial
