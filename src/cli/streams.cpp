#include "cli/streams.hpp"

#include "base/file.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace phial::cli {

engine::Streams streams_of(const Call& call, bool attach, bool input) {
  engine::Streams streams;
  streams.attach = attach;
  streams.input = input;
  streams.signal_proxy = call.arguments.on("sig-proxy", true);
  if (std::optional<std::string_view> keys = call.arguments.last("detach-keys"))
    streams.detach_keys = *keys;
  return streams;
}

Result<> check_terminal(bool wanted) {
  if (!wanted || ::isatty(STDIN_FILENO) == 1)
    return {};
  return fail(Kind::usage, "--tty: standard input is not a terminal", "leave -t out, or run this in a terminal");
}

int tell_ending(const Call& call, const engine::Ending& ending) {
  if (!ending.timings.empty())
    print_error(ending.timings);
  if (ending.detached)
    return 0;
  if (!ending.known) {
    warn(call, "the container has ended, but its exit status died with its monitor");
    return 125;
  }
  if (!ending.explanation.empty())
    print_error("phial: " + ending.explanation + "\n");
  return ending.exit_code;
}

Result<CidFile> CidFile::open(const std::string& path) {
  CidFile out;
  if (path.empty())
    return out;
  Result<Fd> file = open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!file && file.error().number == EEXIST)
    return fail(Kind::exists, "--cidfile: " + path + " exists already",
                "make sure the container in it is not needed any more, then remove the file");
  out.file_ = TRY(std::move(file), "make the --cidfile");
  out.path_ = path;
  return out;
}

CidFile::CidFile(CidFile&& other) noexcept
    : path_(std::exchange(other.path_, std::string())), file_(std::move(other.file_)) {}

CidFile::~CidFile() {
  if (!path_.empty())
    ::unlink(path_.c_str());
}

Result<> CidFile::write(const std::string& id) {
  if (path_.empty())
    return {};
  TRY(write_all(file_.get(), id), "write the --cidfile");
  path_.clear();
  file_.reset();
  return {};
}

} // namespace phial::cli
