// What is written down about a container. The record is made once and never changed; the other two are small texts of
// "key value" lines that phial-monitor writes, so that it needs no JSON.
//
//   ROOT/containers/ID/   record.json  config.json  upper/  work/  container.log  hosts hostname resolv.conf
//                         lock      held (flock) by whoever changes the container's state
//                         started   the last start: Running, written before the first instruction of the container ran
//                         exit      how the last run ended: Exit
//   ROOT/containers/unfinished-ID going-ID    being made or removed; a leftover where nobody has it locked (flock)
//   ROOT/names/NAME       a symbolic link to the id: making it is what makes a name unique
//   STATE/containers/ID/  running program journal attach monitor: gone when the container has ended and was cleaned up
#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace phial::engine {

struct RecordMount {
  std::string type;        // bind, volume, tmpfs
  std::string name;        // of a volume
  std::string source;      // on the host
  std::string destination; // in the container
  std::string mode;        // as given: "ro,z"
  std::string propagation;
  bool read_only = false;
  bool anonymous = false; // a volume that goes with its container
};

struct Record {
  std::string id;                  // 64 hexadecimal digits
  std::string name;                // at creation
  std::int64_t created = 0;        // nanoseconds since 1970
  std::string image;               // as the user named it
  std::string image_id;            // "sha256:…"
  std::vector<std::string> layers; // directories, lowest first
  std::vector<std::string> entrypoint;
  std::vector<std::string> command; // behind the entrypoint
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<RecordMount> mounts;
  bool tty = false;
  bool interactive = false; // standard input is kept open
  bool remove = false;      // --rm
  bool init = false;
  bool privileged = false;
  bool standard_seccomp = false; // the default profile: its compiled form is at hand
  std::string stop_signal = "SIGTERM";
  std::int64_t stop_timeout = 10; // seconds; -1: for ever
  std::string log_driver = "json-file";
  std::uint64_t log_max_size = std::uint64_t{10} << 20; // bytes; 0: no limit
  std::uint32_t log_max_files = 3;
  std::string network_mode = "none";                        // none, host, container:ID
  std::vector<std::pair<std::string, std::string>> given;   // the flags, in order
  std::string cgroup;                                       // "/phial/ID"
  std::vector<std::pair<std::string, std::string>> reasons; // field of config.json, what put it there
  Json host_config = Json::object();                        // what inspect shows as HostConfig, as it was asked for
};

// A run under way. Pids are the host's; a pid and the start time of /proc/PID/stat name one process until the next
// boot.
struct Running {
  std::int32_t pid = 0;
  std::uint64_t pid_start = 0; // clock ticks after boot
  std::int32_t monitor = 0;
  std::uint64_t monitor_start = 0;
  std::string boot;         // /proc/sys/kernel/random/boot_id
  std::int64_t started = 0; // nanoseconds since 1970
};

struct Exit {
  std::int32_t code = 0;     // 128+n where signal n ended it
  std::int64_t finished = 0; // nanoseconds since 1970
  bool oom_killed = false;
  std::string error; // why it could not be started, one line; or empty
};

[[nodiscard]] std::string running_text(const Running& running);
[[nodiscard]] Result<Running> parse_running(std::string_view text);
[[nodiscard]] std::string exit_text(const Exit& exit);
[[nodiscard]] Result<Exit> parse_exit(std::string_view text);

[[nodiscard]] std::string record_json(const Record& record);
[[nodiscard]] Result<Record> parse_record(std::string_view text);

} // namespace phial::engine
