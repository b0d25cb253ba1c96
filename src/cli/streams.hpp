// What run, start, exec and attach share: the streams they relay, the file for the id, and how an ending is told.
#pragma once

#include "base/fd.hpp"
#include "cli/verb.hpp"
#include "engine/engine.hpp"

#include <string>

namespace phial::cli {

// --detach-keys and --sig-proxy of the call.
[[nodiscard]] engine::Streams streams_of(const Call& call, bool attach, bool input);

// A terminal for the container needs one here. Kind::usage where standard input is none.
[[nodiscard]] Result<> check_terminal(bool wanted);

// Prints the timings, says what is not known; the exit status of the verb.
[[nodiscard]] int tell_ending(const Call& call, const engine::Ending& ending);

// --cidfile: made before anything else, so that an id is never lost; taken away again where no id was written.
class CidFile {
public:
  // An empty path: nothing is written. Kind::exists where the file is there already.
  [[nodiscard]] static Result<CidFile> open(const std::string& path);
  CidFile(CidFile&& other) noexcept;
  CidFile& operator=(CidFile&&) = delete;
  ~CidFile();
  [[nodiscard]] Result<> write(const std::string& id);

private:
  CidFile() = default;
  std::string path_; // still to be written
  Fd file_;
};

} // namespace phial::cli
