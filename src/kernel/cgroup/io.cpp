// Block devices: blkio in version 1, io in version 2. cgroup-v1/blkio-controller, bfq-iosched, cgroup-v2 "IO".
#include "kernel/cgroup/writes.hpp"

namespace phial::kernel {

namespace {

constexpr std::string_view kV1 = "blkio";
constexpr std::string_view kV2 = "io";

std::string device(std::int64_t major, std::int64_t minor) {
  return std::to_string(major) + ":" + std::to_string(minor);
}

Result<> check_weight(std::uint16_t weight, std::string_view field) {
  if (weight < 10 || weight > 1000)
    return bad_resource(field, "a block I/O weight goes from 10 to 1000");
  return {};
}

// The four kinds of throttles: where they stand in config.json, in version 1 and in version 2.
struct Throttle {
  std::vector<ThrottleDevice> BlockIoResources::* list;
  std::string_view field;
  std::string_view v1_file;
  std::string_view v2_key;
};
constexpr Throttle kThrottles[] = {
    {&BlockIoResources::read_bps, "blockIO.throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps"},
    {&BlockIoResources::write_bps, "blockIO.throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps"},
    {&BlockIoResources::read_iops, "blockIO.throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops"},
    {&BlockIoResources::write_iops, "blockIO.throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops"},
};

// leafWeight belonged to the CFQ scheduler, which left the kernel with 5.0.
Result<> check(const BlockIoResources& io) {
  if (io.weight && *io.weight != 0)
    TRY(check_weight(*io.weight, "blockIO.weight"));
  bool leaf = io.leaf_weight.value_or(0) != 0;
  for (const WeightDevice& row : io.weight_devices) {
    if (row.weight && *row.weight != 0)
      TRY(check_weight(*row.weight, "blockIO.weightDevice"));
    leaf = leaf || row.leaf_weight.value_or(0) != 0;
  }
  if (leaf)
    return lacking("blockIO.leafWeight", "no kernel from 5.0 on knows a leaf weight", "leave it out");
  return {};
}

} // namespace

std::uint64_t io_weight_of_blkio(std::uint16_t weight) {
  if (weight == 0)
    return 0;
  return 1 + (std::uint64_t{weight} - 10) * 9999 / 990;
}

namespace controllers {

bool wants_io(const Resources& r) {
  return r.block_io && *r.block_io != BlockIoResources{};
}

Result<> io_v1(const CgroupRequest& request, FileWrites& writes) {
  if (!request.resources.block_io)
    return {};
  const BlockIoResources& io = *request.resources.block_io;
  TRY(check(io));
  if (io.weight.value_or(0) != 0) {
    std::string weight = std::to_string(*io.weight);
    writes.push_back(otherwise(write_v1(kV1, "blkio.weight", weight, "blockIO.weight"), "blkio.bfq.weight", weight));
  }
  for (const WeightDevice& row : io.weight_devices) {
    if (row.weight.value_or(0) == 0)
      continue;
    std::string text = device(row.major, row.minor) + " " + std::to_string(*row.weight);
    writes.push_back(
        otherwise(write_v1(kV1, "blkio.weight_device", text, "blockIO.weightDevice"), "blkio.bfq.weight_device", text));
  }
  for (const Throttle& kind : kThrottles)
    for (const ThrottleDevice& row : io.*kind.list)
      writes.push_back(write_v1(kV1, std::string(kind.v1_file),
                                device(row.major, row.minor) + " " + std::to_string(row.rate), kind.field));
  return {};
}

Result<> io_v2(const CgroupRequest& request, FileWrites& writes) {
  if (!request.resources.block_io)
    return {};
  const BlockIoResources& io = *request.resources.block_io;
  TRY(check(io));
  // bfq takes the weight as it is, the kernel's own io.weight has another scale.
  if (io.weight.value_or(0) != 0)
    writes.push_back(otherwise(write_v2(kV2, "io.bfq.weight", std::to_string(*io.weight), "blockIO.weight"),
                               "io.weight", "default " + std::to_string(io_weight_of_blkio(*io.weight))));
  for (const WeightDevice& row : io.weight_devices) {
    if (row.weight.value_or(0) == 0)
      continue;
    std::string name = device(row.major, row.minor) + " ";
    writes.push_back(
        otherwise(write_v2(kV2, "io.bfq.weight", name + std::to_string(*row.weight), "blockIO.weightDevice"),
                  "io.weight", name + std::to_string(io_weight_of_blkio(*row.weight))));
  }
  for (const Throttle& kind : kThrottles)
    for (const ThrottleDevice& row : io.*kind.list)
      // Version 1 takes a limit away by 0, version 2 by "max".
      writes.push_back(write_v2(kV2, "io.max",
                                device(row.major, row.minor) + " " + std::string(kind.v2_key) + "=" +
                                    (row.rate == 0 ? "max" : std::to_string(row.rate)),
                                kind.field));
  return {};
}

} // namespace controllers

} // namespace phial::kernel
