// cfitsio as a peer: does one piece of work on files and prints the milliseconds that it took.
//   fits-cfitsio version
//   fits-cfitsio mean OUTPUT LIST     the mean of all files of the list, a path a line, written as float32
//   fits-cfitsio pack OUTPUT LIST     each file compressed with RICE_1 as fpack does, written to the same output
//   fits-cfitsio datasum FILE         the DATASUM of the first HDU
//   fits-cfitsio hand LIST BYTES      without cfitsio: the sums of all, of words of so many bytes behind one block of header
//   fits-cfitsio read LIST BYTES      without cfitsio: the same files read, and nothing done with them
#include <fcntl.h>
#include <fitsio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

static void stop(int status) {
  fits_report_error(stderr, status);
  exit(1);
}

static char paths[4096][512];

static int read_list(const char *list) {
  int count = 0;
  FILE *lines = fopen(list, "r");
  if (!lines) exit(2);
  while (count < 4096 && fgets(paths[count], 512, lines)) {
    paths[count][strcspn(paths[count], "\n")] = 0;
    count += 1;
  }
  fclose(lines);
  return count;
}

static void mean(const char *output, const char *list) {
  int count = read_list(list), status = 0, any = 0, bitpix = 0, axes = 0;
  double begun = now_ms();
  double *sums = NULL;
  void *pixels = NULL;
  long shape[2], size = 0, first[2] = {1, 1};
  for (int i = 0; i < count; i += 1) {
    fitsfile *file;
    if (fits_open_image(&file, paths[i], READONLY, &status)) stop(status);
    if (i == 0) {
      fits_get_img_equivtype(file, &bitpix, &status);
      fits_get_img_param(file, 2, &axes, &axes, shape, &status);
      size = shape[0] * shape[1];
      sums = calloc(size, 8);
      pixels = malloc(size * 4);
    }
    if (bitpix == FLOAT_IMG) {
      fits_read_pix(file, TFLOAT, first, size, NULL, pixels, &any, &status);
      const float *own = pixels;
      for (long k = 0; k < size; k += 1) sums[k] += own[k];
    } else {
      fits_read_pix(file, TUSHORT, first, size, NULL, pixels, &any, &status);
      const uint16_t *own = pixels;
      for (long k = 0; k < size; k += 1) sums[k] += own[k];
    }
    fits_close_file(file, &status);
    if (status) stop(status);
  }
  float *means = pixels;
  for (long k = 0; k < size; k += 1) means[k] = sums[k] / count;
  fitsfile *file;
  remove(output);
  fits_create_file(&file, output, &status);
  fits_create_img(file, FLOAT_IMG, 2, shape, &status);
  fits_write_pix(file, TFLOAT, first, size, means, &status);
  fits_close_file(file, &status);
  if (status) stop(status);
  double elapsed = now_ms() - begun;
  printf("{\"ms\": %.3f, \"check\": [%.9g, %.9g]}\n", elapsed, means[0], means[size - 1]);
}

static void datasum(const char *path) {
  int status = 0;
  unsigned long data = 0, whole = 0;
  double begun = now_ms();
  fitsfile *file;
  fits_open_file(&file, path, READONLY, &status);
  fits_get_chksum(file, &data, &whole, &status);
  fits_close_file(file, &status);
  if (status) stop(status);
  printf("{\"ms\": %.3f, \"check\": [%lu]}\n", now_ms() - begun, data);
}

static void pack(const char *output, const char *list) {
  int count = read_list(list), status = 0;
  double begun = now_ms();
  for (int i = 0; i < count; i += 1) {
    fitsfile *from, *to;
    long tile[2] = {0, 1};
    remove(output);
    if (fits_open_image(&from, paths[i], READONLY, &status)) stop(status);
    fits_create_file(&to, output, &status);
    fits_set_compression_type(to, RICE_1, &status);
    tile[0] = 2048;
    fits_set_tile_dim(to, 2, tile, &status);
    fits_set_quantize_level(to, 4, &status);
    fits_set_dither_seed(to, -1, &status);
    fits_img_compress(from, to, &status);
    fits_close_file(to, &status);
    fits_close_file(from, &status);
    if (status) stop(status);
  }
  printf("{\"ms\": %.3f, \"check\": []}\n", now_ms() - begun);
}

// As large as those of the library: the portions of both are then the same.
enum { strip_bytes = 524288, strip_words = 262144 };

static void by_hand(const char *list, int word, int adds) {
  static unsigned char bytes[strip_bytes];
  static uint32_t narrow[strip_words];
  static double wide[strip_words];
  static int files[4096];
  int count = read_list(list);
  double begun = now_ms(), total = 0;
  struct stat about;
  for (int i = 0; i < count; i += 1) files[i] = open(paths[i], O_RDONLY);
  fstat(files[0], &about);
  for (off_t at = 2880; at < about.st_size; at += strip_bytes) {
    memset(narrow, 0, sizeof narrow);
    memset(wide, 0, sizeof wide);
    for (int i = 0; i < count; i += 1) {
      ssize_t got = pread(files[i], bytes, strip_bytes, at);
      if (!adds) continue;
      if (word == 2) {
        const uint16_t *own = (const uint16_t *)bytes;
        for (int k = 0; k < got / 2; k += 1) narrow[k] += (uint16_t)(__builtin_bswap16(own[k]) ^ 0x8000);
      } else {
        const uint32_t *own = (const uint32_t *)bytes;
        for (int k = 0; k < got / 4; k += 1) {
          uint32_t swapped = __builtin_bswap32(own[k]);
          float value;
          memcpy(&value, &swapped, 4);
          wide[k] += value;
        }
      }
    }
    total += wide[0] + narrow[0];
  }
  for (int i = 0; i < count; i += 1) close(files[i]);
  printf("{\"ms\": %.3f, \"check\": [%.9g]}\n", now_ms() - begun, total);
}

int main(int count, char **args) {
  if (count == 4 && !strcmp(args[1], "mean")) mean(args[2], args[3]);
  else if (count == 4 && !strcmp(args[1], "pack")) pack(args[2], args[3]);
  else if (count == 3 && !strcmp(args[1], "datasum")) datasum(args[2]);
  else if (count == 4 && !strcmp(args[1], "hand")) by_hand(args[2], atoi(args[3]), 1);
  else if (count == 4 && !strcmp(args[1], "read")) by_hand(args[2], atoi(args[3]), 0);
  else {
    float version;
    printf("%.3f\n", fits_get_version(&version));
  }
  return 0;
}
