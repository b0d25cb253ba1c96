// An image's documents: manifest, index, configuration; and docker's --change.
#include "targets.hpp"

#include "image/oci_layout.hpp"

namespace phial::fuzz {

void image_documents(std::string_view bytes) {
  if (Result<std::vector<image::Descriptor>> index = image::parse_index(bytes, "index.json")) {
    static_cast<void>(image::choose(*index, {.architecture = "amd64"}, true));
    static_cast<void>(image::choose(*index, {.architecture = "arm", .variant = "v7"}, false));
  }
  constexpr std::string_view kTypes[] = {"application/vnd.oci.image.manifest.v1+json",
                                         "application/vnd.docker.distribution.manifest.v2+json"};
  for (std::string_view type : kTypes)
    if (Result<image::Manifest> manifest = image::parse_manifest(bytes, "manifest.json", type)) {
      std::string text = image::manifest_text(manifest->config, manifest->layers);
      require(image::parse_manifest(text, "again", kTypes[0]).has_value(), "what was written of a manifest is none");
    }
  if (Result<image::ImageConfig> config = image::parse_config(bytes, "config")) {
    std::string text = image::config_text(*config);
    Result<image::ImageConfig> again = image::parse_config(text, "again");
    require(again.has_value(), "what was written of an image's configuration is none");
    require(image::config_text(*again) == text, "an image's configuration changes when it is written");
    static_cast<void>(image::config_json(*config));
  }
  image::ImageConfig changed;
  if (image::apply_change(changed, bytes)) {
    Result<image::ImageConfig> again = image::parse_config(image::config_text(changed), "again");
    require(again.has_value(), "a change makes a configuration that is none");
  }
}

} // namespace phial::fuzz
