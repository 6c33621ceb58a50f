// cfitsio as a peer: does one piece of work on files and prints the milliseconds that it took.
//   fits-cfitsio version
//   fits-cfitsio mean OUTPUT LIST     the mean of all files of the list, a path a line, written as float32
//   fits-cfitsio datasum FILE         the DATASUM of the first HDU
#include <fitsio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

static void stop(int status) {
  fits_report_error(stderr, status);
  exit(1);
}

static void mean(const char *output, const char *list) {
  static char paths[4096][512];
  int count = 0, status = 0, any = 0, bitpix = 0, axes = 0;
  FILE *lines = fopen(list, "r");
  if (!lines) exit(2);
  while (count < 4096 && fgets(paths[count], 512, lines)) {
    paths[count][strcspn(paths[count], "\n")] = 0;
    count += 1;
  }
  fclose(lines);
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

int main(int count, char **args) {
  if (count == 4 && !strcmp(args[1], "mean")) mean(args[2], args[3]);
  else if (count == 3 && !strcmp(args[1], "datasum")) datasum(args[2]);
  else {
    float version;
    printf("%.3f\n", fits_get_version(&version));
  }
  return 0;
}
