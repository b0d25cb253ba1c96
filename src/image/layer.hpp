// One unpacked layer in the store: how it gets there, whether it is there, and what is known of it.
//
// layers/HEX/diff/       the tree; its owner, modes and times are the layer's
// layers/HEX/layer.json  diff_id, size, entries, implied (directories without an entry of their own, "" is the root)
#pragma once

#include "image/bytes.hpp"
#include "image/staging.hpp"

#include <optional>

namespace phial::image {

struct Layer {
  Digest diff_id;
  std::uint64_t size = 0;    // bytes of its regular files
  std::uint64_t entries = 0; // of its archive
  std::uint64_t skipped = 0; // devices and attributes that could not be made
  std::vector<std::string> implied;
};

struct UnpackedLayer {
  Layer layer;
  Digest blob; // of the archive's bytes as they came, compressed or not
  std::uint64_t blob_size = 0;
  std::uint64_t tar_size = 0; // uncompressed
};

[[nodiscard]] Result<std::optional<Layer>> find_layer(const Store& store, const Digest& diff_id);

// Streams a layer's archive, compressed or not, through the jailed unpacker into the staging directory, verifies it and
// puts it into the store. `expected`: its diffID, if known. `blob`: the digest of the bytes themselves, if known. Of
// two processes that unpack one layer at once, the second drops its copy. `below`: the layers under it, lowest first:
// directories which the archive implies get the owner and mode they have there, as they would when unpacked over them.
struct LayerExpectation {
  std::optional<Digest> diff_id;
  std::optional<Digest> blob;
};
[[nodiscard]] Result<UnpackedLayer> unpack_layer(const Store& store, Staging& staging, ByteSource& archive,
                                                 const LayerExpectation& expected, std::span<const Digest> below);

// The same with an archive that is produced piece by piece.
using ArchiveProducer = std::function<Result<>(const std::function<Result<>(std::string_view)>& sink)>;
[[nodiscard]] Result<UnpackedLayer> unpack_produced_layer(const Store& store, Staging& staging,
                                                          const ArchiveProducer& producer,
                                                          const LayerExpectation& expected,
                                                          std::span<const Digest> below);

// Decompresses `input` in a jailed child into `output`, a new regular file; as it is where it is not compressed.
[[nodiscard]] Result<> spool(ByteSource& input, int output);

} // namespace phial::image
