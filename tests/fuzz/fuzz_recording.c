/* fuzz_recording.c: what a recording's frames unpack to: any bytes, relative to any bytes, stay inside, and what unpacks
 * packs back to the very same.
 *
 * The first two bytes of the input are the size of the payload before, in words; then come that payload and the packed
 * one. */
#include "fuzz.h"
#include "recording.h"

/* In memory of exactly their size, 8-byte aligned; to be freed. */
static void *words_of(const uint8_t *data, size_t words)
{
    void *copy = malloc(words > 0 ? words * 8 : 1);

    require(copy != NULL);
    if (words > 0)
        memcpy(copy, data, words * 8);
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t before_words = data[0] | (size_t)data[1] << 8, words = (size - 2) / 8;
    before_words = before_words < words ? before_words : 0;
    words -= before_words;

    void *before = before_words > 0 ? words_of(data + 2, before_words) : NULL;
    void *packed = words_of(data + 2 + before_words * 8, words);
    void *payload = malloc(words > 0 ? words * 8 : 1), *again = malloc(words > 0 ? words * 8 : 1);
    require(payload != NULL && again != NULL);
    if (recording_unpack(payload, packed, words * 8, before, before_words * 8) == 0) {
        require(recording_pack(again, payload, words * 8, before, before_words * 8) == 0);
        require(memcmp(again, packed, words * 8) == 0);
    }
    free(before);
    free(packed);
    free(payload);
    free(again);
    return 0;
}
