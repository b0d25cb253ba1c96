// LogWriter: writes a container's log and rotates it. Only phial-monitor writes; it links this file.
#pragma once

#include "base/fd.hpp"
#include "engine/log_format.hpp"

#include <cstdint>

namespace phial::engine {

class LogWriter {
public:
  // `directory` is the container's and must stay open. `max_size` in bytes a file, 0 for no limit; of rotated files
  // (container.log.1 is the youngest) `max_files` - 1 are kept. Appends to what is there.
  [[nodiscard]] Result<> open(int directory, std::uint64_t max_size, std::uint32_t max_files);

  // Writes one chunk of output down. A full disk loses log lines, never the container: what could not be written is
  // dropped, whole records at a time.
  void write(Stream stream, std::string_view bytes, std::int64_t time);

private:
  void flush();
  void rotate();

  Fd file_;
  int directory_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t max_size_ = 0;
  std::uint32_t max_files_ = 1;
  std::size_t used_ = 0;
  char buffer_[2 * (kLogText + kLogHeader + 1)];
};

} // namespace phial::engine
