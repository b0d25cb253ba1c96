// RunOptions: everything `run` and `create` can be asked for, checked and typed. Plain data; the command line fills it
// (src/cli), the engine turns it and the image's config into an OCI spec. Nothing here has touched the machine yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace phial::engine {

// One flag as it was written, for the reasons a program's steps carry ("flag --memory 64m").
struct GivenFlag {
  std::string name; // "memory"
  std::string text; // "64m"; "true" for a switch
};

struct KeyValue {
  std::string key;
  std::string value;
};

// -v, --mount and --tmpfs, in the order they were given.
struct MountRequest {
  enum class Type : std::uint8_t { bind, tmpfs, volume };
  Type type = Type::bind;
  std::string source;      // bind: an absolute path of the host; volume: its name, empty for an anonymous one
  std::string destination; // absolute and lexically clean
  bool read_only = false;
  bool recursive = true;           // bind: with what is mounted below the source (bind-recursive)
  bool recursive_read_only = true; // bind and read_only: as far down as the kernel can make it so
  bool required_read_only = false; // bind-recursive=readonly: refuse where the kernel cannot
  std::string propagation;         // "rprivate", "shared" …; empty: rprivate
  bool create_source = false;      // -v makes a missing source directory, --mount refuses
  bool no_copy = false;            // volume: do not fill it from the image
  std::optional<std::uint64_t> tmpfs_size;
  std::optional<std::uint32_t> tmpfs_mode;
  std::vector<std::string> tmpfs_options; // --tmpfs: further mount options ("exec", "uid=1000"), as given
  std::string flag;                       // "-v /a:/b:ro", as it was written
};

struct DeviceRequest {
  std::string source;      // path on the host
  std::string destination; // path in the container
  std::string access = "rwm";
};

// --device-cgroup-rule 'c 1:3 rwm'
struct DeviceRule {
  char type = 'a';                   // a, b or c
  std::optional<std::int64_t> major; // nullopt: every one
  std::optional<std::int64_t> minor;
  std::string access = "rwm";
};

// --device-read-bps and its kin
struct Throttle {
  std::string device; // path on the host
  std::uint64_t rate = 0;
};

struct Ulimit {
  std::string name; // "nofile"
  std::uint64_t soft = 0;
  std::uint64_t hard = 0; // kUnlimited for "no limit"
};
inline constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

// Where a namespace comes from.
struct NamespaceRequest {
  enum class From : std::uint8_t {
    standard,  // what the engine does when nothing is said
    own,       // "private": one of its own
    host,      // the host's
    container, // that of the container named in `container`
    none,      // --ipc none: its own without /dev/shm; --network none: nothing but lo
    shareable, // --ipc shareable: its own, that others may join
  };
  From from = From::standard;
  std::string container;
};

struct Limits {
  std::optional<std::uint64_t> memory;             // bytes
  std::optional<std::uint64_t> memory_reservation; // bytes
  std::optional<std::uint64_t> memory_high;        // bytes; cgroup v2's memory.high
  std::optional<std::int64_t> memory_swap;         // bytes of memory plus swap; -1: no limit
  std::optional<std::uint64_t> memory_swappiness;  // 0 to 100
  bool oom_kill_disable = false;
  std::optional<std::uint64_t> nano_cpus; // --cpus 1.5 is 1500000000
  std::optional<std::uint64_t> cpu_shares;
  std::optional<std::uint64_t> cpu_period; // microseconds
  std::optional<std::int64_t> cpu_quota;   // microseconds; -1: no limit
  std::string cpuset_cpus;                 // checked: "0-3,5"
  std::string cpuset_mems;
  std::optional<std::int64_t> pids; // -1: no limit
  std::optional<std::uint16_t> blkio_weight;
  std::vector<Throttle> read_bps;
  std::vector<Throttle> write_bps;
  std::vector<Throttle> read_iops;
  std::vector<Throttle> write_iops;
};

struct SecurityRequest {
  bool privileged = false;
  std::vector<std::string> cap_add; // "CAP_NET_ADMIN" or "ALL"
  std::vector<std::string> cap_drop;
  bool no_new_privileges = false;
  enum class Seccomp : std::uint8_t { standard, unconfined, profile };
  Seccomp seccomp = Seccomp::standard;
  std::string seccomp_path;         // the file it came from
  std::string seccomp_profile;      // the file's text
  std::string apparmor;             // profile name, "unconfined", or empty
  std::vector<std::string> selinux; // "type:svirt_t", "disable" …
  bool system_paths_unconfined = false;
  std::vector<std::string> mask;   // paths masked besides the usual ones
  std::vector<std::string> unmask; // paths (or "ALL") left as they are
};

struct LogRequest {
  enum class Driver : std::uint8_t { json_file, k8s_file, none };
  Driver driver = Driver::json_file;
  std::optional<std::uint64_t> max_size; // bytes a file may hold; -1 in the flag is "no limit": 0 here
  std::optional<std::uint32_t> max_file; // files that are kept
};

struct RunOptions {
  std::string image;
  std::vector<std::string> command; // empty: the image's
  std::vector<GivenFlag> given;     // every flag, in order

  // Its life.
  bool detach = false;
  bool interactive = false;
  bool tty = false;
  bool remove = false;
  bool signal_proxy = true;
  std::string name;     // empty: the engine finds one
  std::string cid_file; // path, or empty
  enum class Pull : std::uint8_t { missing, always, never };
  Pull pull = Pull::missing;
  std::string platform;                     // "linux/amd64", or empty
  std::string stop_signal;                  // "SIGTERM", "SIGRTMIN+3"; empty: the image's
  std::optional<std::int64_t> stop_timeout; // seconds; -1: for ever
  bool timings = false;                     // print each step with its microseconds
  LogRequest log;

  // Its process.
  std::optional<std::vector<std::string>> entrypoint; // present and empty: none, not even the image's
  std::vector<std::string> environment;               // "NAME=value", or "NAME" to take the image's away; in order
  std::optional<std::string> working_directory;       // absolute
  std::string user;                                   // "name|uid[:group|gid]", or empty
  std::vector<std::string> groups;                    // --group-add
  bool init = false;
  std::vector<Ulimit> ulimits;
  std::optional<int> oom_score_adj;
  SecurityRequest security;

  // Its world.
  std::string hostname;
  std::string domain_name;
  std::vector<MountRequest> mounts;
  bool read_only = false;
  std::optional<std::uint64_t> shm_size; // bytes
  std::vector<DeviceRequest> devices;
  std::vector<DeviceRule> device_rules;
  std::vector<KeyValue> sysctls;
  std::vector<KeyValue> extra_hosts; // name, address
  std::vector<std::string> dns;
  std::vector<std::string> dns_search;
  std::vector<std::string> dns_options;
  NamespaceRequest pid;
  NamespaceRequest ipc;
  NamespaceRequest uts;
  NamespaceRequest cgroup;
  NamespaceRequest user_namespace;
  NamespaceRequest network;

  // Its bounds.
  std::string cgroup_parent;
  Limits limits;

  // What is written on it. The last value of a key holds; sorted by key.
  std::vector<KeyValue> labels;
  std::vector<KeyValue> annotations;

  // The flag's text as it was written last; nullopt where it was not given.
  [[nodiscard]] std::optional<std::string_view> text_of(std::string_view flag) const {
    for (auto it = given.rbegin(); it != given.rend(); ++it)
      if (it->name == flag)
        return it->text;
    return std::nullopt;
  }
};

// What `exec` can be asked for.
struct ExecOptions {
  std::string container;
  std::vector<std::string> command;
  bool detach = false;
  bool interactive = false;
  bool tty = false;
  bool privileged = false;
  std::vector<std::string> environment;
  std::optional<std::string> working_directory;
  std::string user;
};

} // namespace phial::engine
