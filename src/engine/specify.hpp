// Specifying: what was asked for on the command line, and the image's config, become an OCI spec with docker's
// defaults. Pure: what has to be known of the host stands in World, gathered beforehand (world.hpp).
#pragma once

#include "engine/record.hpp"
#include "engine/run_options.hpp"
#include "image/config.hpp"
#include "spec/types.hpp"
#include "spec/users.hpp"

#include <string>
#include <vector>

namespace phial::engine {

// A device of the host: what stat(2) says of it.
struct HostDevice {
  std::string path;
  char type = 'c'; // c or b
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::uint32_t mode = 0; // permission bits
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

// A container whose namespaces are to be joined.
struct JoinedContainer {
  std::string reference; // as it was named
  std::string id;
  std::int32_t pid = 0;
  std::string directory; // its own hosts, hostname and resolv.conf are used with its network
  bool has_shm = true;   // not with --ipc none
};

// What a volume is backed by, in the order in which the requests ask for one: first options.mounts of Type::volume,
// then the image's volumes that no request covers.
struct VolumePlace {
  std::string name;
  std::string directory; // of its data, on the host
  bool anonymous = false;
};

struct World {
  std::string id;
  std::string directory; // ROOT/containers/ID
  std::string host_name;
  spec::ResolvedUser user;
  std::vector<HostDevice> devices;     // every path of options.devices and the throttles, found or not given here
  std::vector<HostDevice> all_devices; // of the host's /dev, for --privileged
  std::vector<JoinedContainer> joined;
  std::vector<VolumePlace> volumes;
  bool cgroup_v2 = false;                             // the memory controller is one of version 2
  std::uint64_t own_capabilities = ~std::uint64_t{0}; // what we may hand down: our bounding and permitted sets
  unsigned kernel_major = 0;
  unsigned kernel_minor = 0;

  [[nodiscard]] const HostDevice* device(std::string_view path) const;
  [[nodiscard]] const JoinedContainer* container(std::string_view reference) const;
};

// Why a field of the spec is as it is: "linux.resources.memory.limit", "flag --memory 64m".
struct Reason {
  std::string field;
  std::string text;
};

struct Specified {
  spec::Spec spec;
  std::vector<Reason> reasons; // why a field is as it is, for the program's steps
  std::vector<std::string> warnings;
  std::vector<RecordMount> mounts;
  std::vector<std::string> entrypoint; // what runs: of the flags, or of the image
  std::vector<std::string> command;
  std::string stop_signal;
  std::int64_t stop_timeout = 10;
  std::string network_mode;
};

// Errors: Kind::usage for what cannot be asked for together; Kind::not_found for devices and containers.
[[nodiscard]] Result<Specified> specify(const RunOptions& options, const image::ImageConfig& image, const World& world);

// The image's volumes that no mount of the command line covers.
[[nodiscard]] std::vector<std::string> uncovered_volumes(const RunOptions& options, const image::ImageConfig& image);

// The environment: docker's defaults, then the image's, then the flags'; the last value of a name holds, in the place
// of the first. An entry without "=" takes the name away.
[[nodiscard]] std::vector<std::string> merge_environment(const std::vector<std::string>& base,
                                                         const std::vector<std::string>& changes);

// ---- the parts, each in a file of its own
// ------------------------------------------------------------------------------

namespace specifying {

struct Work {
  const RunOptions& options;
  const image::ImageConfig& image;
  const World& world;
  Specified out;
  std::vector<std::pair<std::string, std::string>>
      mount_reasons; // destination, text; until the mounts have their order

  // "flag --memory 64m" as the reason of a field.
  void because(std::string field, std::string_view flag);
  void because_text(std::string field, std::string text);
};

[[nodiscard]] Result<> add_process(Work& work);
[[nodiscard]] Result<> add_namespaces(Work& work);
[[nodiscard]] Result<> add_mounts(Work& work);
[[nodiscard]] Result<> add_devices(Work& work);
[[nodiscard]] Result<> add_limits(Work& work);

} // namespace specifying

} // namespace phial::engine
