// The command lines of criu(8), by which containers are saved and brought back. Pure.
#pragma once

#include "spec/types.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace phial::runtime {

// What checkpoint's and restore's flags say. Paths are absolute.
struct CriuOptions {
  std::string program; // criu
  std::string images;
  std::string work;        // where its log goes
  std::string parent;      // of a pre-dump, relative to `images`
  std::string page_server; // "ADDRESS:PORT"
  int status_fd = -1;      // of ours; criu gets it as descriptor 3
  std::string config;      // a file of criu's options, or empty
  bool own_log = true;     // the configuration names no log, so that we do
  std::string cgroups_mode = "soft";
  std::string lsm_profile;
  std::string lsm_mount_context;
  std::vector<std::string> empty_namespaces; // "network"
  bool leave_running = false;
  bool pre_dump = false;
  bool tcp_established = false;
  bool tcp_skip_in_flight = false;
  bool external_sockets = false;
  bool shell_job = false;
  bool file_locks = false;
  bool lazy_pages = false;
  bool link_remap = false;
  bool auto_dedup = false;
};

// The file of `images` with what the standard streams were: runc's, a JSON array of the links in /proc/PID/fd. A file
// that no mount of the container shows is in it by the name it has for criu, "file[MOUNT:INODE]" in hexadecimal.
inline constexpr const char* kDescriptorsFile = "descriptors.json";

struct DumpFacts {
  pid_t pid = 0;
  std::vector<std::string> streams; // as kDescriptorsFile has them
  std::vector<std::string> covered; // those of the masked paths that are files: they have the host's /dev/null on them
  std::uint64_t network = 0;        // inode of a network namespace the container was told to join, else 0
};
[[nodiscard]] std::vector<std::string> dump_command(const CriuOptions& options, const spec::Spec& spec,
                                                    const DumpFacts& facts);

// What a stream is for criu: `link` of /proc/PID/fd, the text of its fdinfo, its inode, and the container's mountinfo.
[[nodiscard]] std::string stream_name(std::string_view link, std::string_view fdinfo, std::uint64_t inode,
                                      std::string_view mountinfo);

struct RestoreFacts {
  std::string root;                 // a mount point
  std::string pid_file;             // that criu writes
  std::vector<std::string> streams; // what 0, 1 and 2 were; they are ours now
  std::vector<std::string> covered; // as at the dump
  int network = -1;                 // descriptor of the namespace to join, which criu inherits; or none
};
[[nodiscard]] std::vector<std::string> restore_command(const CriuOptions& options, const spec::Spec& spec,
                                                       const RestoreFacts& facts);

// criu's configuration for containers: what the annotation org.criu.config names, else crun's, else runc's, of those
// that `exists` says are there.
[[nodiscard]] std::string criu_config(const spec::StringMap& annotations, bool (*exists)(const std::string& path));

// Of criu's log the line that says what went wrong; empty where none does.
[[nodiscard]] std::string criu_complaint(std::string_view log);

} // namespace phial::runtime
