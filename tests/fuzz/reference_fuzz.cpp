// Names of images, digests, platforms: what people write and what a manifest's annotations say.
#include "targets.hpp"

#include "image/config.hpp"
#include "image/record.hpp"
#include "image/reference.hpp"

namespace phial::fuzz {

void reference(std::string_view bytes) {
  if (Result<image::Reference> reference = image::parse_reference(bytes)) {
    Result<image::Reference> again = image::parse_reference(reference->text());
    require(again && again->text() == reference->text(), "a reference's text means another one");
    again = image::parse_reference(reference->familiar());
    require(again && again->text() == reference->text(), "a reference's short text means another one");
    image::Record record;
    record.name = reference->text();
    std::string name = image::record_file_name(record);
    require(!name.empty() && name.size() <= 255 && name.find('/') == std::string::npos && name != "." && name != "..",
            "a record's name is no file's name");
  }
  if (Result<image::Digest> digest = image::parse_digest(bytes))
    require(digest->text() == bytes && digest->hex.find_first_not_of("0123456789abcdef") == std::string::npos,
            "a digest is not what was read");
  if (Result<image::Platform> platform = image::parse_platform(bytes)) {
    Result<image::Platform> again = image::parse_platform(platform->text());
    require(again && again->text() == platform->text(), "a platform's text means another one");
  }
}

} // namespace phial::fuzz
