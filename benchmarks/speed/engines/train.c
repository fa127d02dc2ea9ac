/* A network trained by hand-written loops: the limit that compiled engines are measured against.

   Sizes, activations, loss and optimiser are macros, so that the compiler knows every length:
   gcc -O3 -march=native -ffast-math -DSIZES=64,32,10 -DLAYERS=2 -DBATCH=32 -DHIDDEN=RELU -DOUTPUT=IDENTITY
       -DLOSS=SOFTMAX -DOPTIMIZER=SGD [-DBLAS]
   Weights are (inputs, units), row by row: w1, b1, w2, b2, ... in one array. */

#include <math.h>
#include <string.h>
#ifdef BLAS
#include <cblas.h>
#endif

enum { IDENTITY, RELU, TANH, SIGMOID };
enum { HALF_SQUARED, BINARY, SOFTMAX };
enum { SGD, ADAM };

static const int size[] = {SIZES};
#define INLINE static inline __attribute__((always_inline))
#define EVERY_LAYER _Pragma("GCC unroll 8") for (int l = 0; l < LAYERS; l++)
#define LARGE (1 << 20) /* multiplications from which BLAS is faster than the loops */

INLINE int large(int a, int b, int c) {
#ifdef BLAS
    return a * b * c >= LARGE;
#else
    return 0;
#endif
}

INLINE void forward(const float *x, const float *w, const float *b, float *z, int in, int out) {
    for (int n = 0; n < BATCH; n++)
        for (int j = 0; j < out; j++) z[n * out + j] = b[j];
#ifdef BLAS
    if (large(BATCH, in, out)) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, BATCH, out, in, 1, x, in, w, out, 1, z, out);
        return;
    }
#endif
    for (int n = 0; n < BATCH; n++)
        for (int i = 0; i < in; i++)
            for (int j = 0; j < out; j++) z[n * out + j] += x[n * in + i] * w[i * out + j];
}

INLINE void backward(const float *x, const float *w, const float *d, float *gw, float *gb, float *dx, int in,
                     int out) {
    memset(gb, 0, out * sizeof(float));
    for (int n = 0; n < BATCH; n++)
        for (int j = 0; j < out; j++) gb[j] += d[n * out + j];
#ifdef BLAS
    if (large(BATCH, in, out)) {
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, in, out, BATCH, 1, x, in, d, out, 0, gw, out);
        if (dx) cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, BATCH, in, out, 1, d, out, w, out, 0, dx, in);
        return;
    }
#endif
    memset(gw, 0, in * out * sizeof(float));
    for (int n = 0; n < BATCH; n++)
        for (int i = 0; i < in; i++)
            for (int j = 0; j < out; j++) gw[i * out + j] += x[n * in + i] * d[n * out + j];
    if (!dx) return;
    for (int n = 0; n < BATCH; n++)
        for (int i = 0; i < in; i++) {
            float sum = 0;
            for (int j = 0; j < out; j++) sum += d[n * out + j] * w[i * out + j];
            dx[n * in + i] = sum;
        }
}

INLINE void activate(const float *z, float *a, int count, int kind) {
    for (int k = 0; k < count; k++)
        a[k] = kind == RELU ? fmaxf(z[k], 0) : kind == TANH ? tanhf(z[k]) : kind == SIGMOID ? 1 / (1 + expf(-z[k])) : z[k];
}

INLINE void slope(const float *a, float *d, int count, int kind) {
    for (int k = 0; k < count; k++)
        d[k] *= kind == RELU ? (a[k] > 0) : kind == TANH ? 1 - a[k] * a[k] : kind == SIGMOID ? a[k] * (1 - a[k]) : 1;
}

INLINE float error(const float *y, const float *t, float *d, int out) {
    float loss = 0;
    for (int n = 0; n < BATCH; n++) {
        const float *yn = y + n * out, *tn = t + n * out;
        float *dn = d + n * out;
        if (LOSS == SOFTMAX) {
            float top = yn[0], sum = 0;
            for (int j = 1; j < out; j++) top = fmaxf(top, yn[j]);
            for (int j = 0; j < out; j++) sum += dn[j] = expf(yn[j] - top);
            for (int j = 0; j < out; j++) {
                loss += tn[j] * (top + logf(sum) - yn[j]);
                dn[j] = (dn[j] / sum - tn[j]) / BATCH;
            }
        } else
            for (int j = 0; j < out; j++) {
                float e = LOSS == BINARY ? 1 / (1 + expf(-yn[j])) - tn[j] : yn[j] - tn[j];
                loss += LOSS == BINARY ? fmaxf(yn[j], 0) + log1pf(expf(-fabsf(yn[j]))) - tn[j] * yn[j] : e * e / 2;
                dn[j] = e / BATCH;
            }
    }
    return loss / BATCH;
}

INLINE int area(int l) { return size[l] * size[l + 1] + size[l + 1]; }

INLINE int first(int l) {
    int at = 0;
    for (int k = 0; k < l; k++) at += area(k);
    return at;
}

/* `steps` updates of the parameters p; order holds BATCH row numbers for each, or is NULL for all rows.
   m and v are Adam's, gradients g and rows scratch. Returns the mean of the losses met. */
float train(const float *x, const float *t, const int *order, long steps, float rate, float *p, float *g, float *m,
            float *v, float *scratch) {
    float total = 0;
    float *xs = scratch, *ts = xs + BATCH * size[0], *next = ts + BATCH * size[LAYERS];
    float *z[LAYERS], *a[LAYERS], *d[LAYERS];
    EVERY_LAYER {
        z[l] = next, a[l] = z[l] + BATCH * size[l + 1], d[l] = a[l] + BATCH * size[l + 1];
        next = d[l] + BATCH * size[l + 1];
    }
    for (long step = 0; step < steps; step++) {
        if (order)
            for (int n = 0; n < BATCH; n++) {
                int row = order[step * BATCH + n];
                memcpy(xs + n * size[0], x + (long)row * size[0], size[0] * sizeof(float));
                memcpy(ts + n * size[LAYERS], t + (long)row * size[LAYERS], size[LAYERS] * sizeof(float));
            }
        const float *in = order ? xs : x, *want = order ? ts : t;
        EVERY_LAYER {
            float *w = p + first(l), *b = w + size[l] * size[l + 1];
            forward(l ? a[l - 1] : in, w, b, z[l], size[l], size[l + 1]);
            activate(z[l], a[l], BATCH * size[l + 1], l < LAYERS - 1 ? HIDDEN : OUTPUT);
        }
        total += error(a[LAYERS - 1], want, d[LAYERS - 1], size[LAYERS]);
        _Pragma("GCC unroll 8") for (int l = LAYERS - 1; l >= 0; l--) {
            float *w = p + first(l), *gw = g + first(l), *gb = gw + size[l] * size[l + 1];
            slope(a[l], d[l], BATCH * size[l + 1], l < LAYERS - 1 ? HIDDEN : OUTPUT);
            backward(l ? a[l - 1] : in, w, d[l], gw, gb, l ? d[l - 1] : 0, size[l], size[l + 1]);
        }
        int count = first(LAYERS);
        if (OPTIMIZER == SGD)
            for (int k = 0; k < count; k++) p[k] -= rate * g[k];
        else {
            float c1 = 1 / (1 - powf(0.9f, step + 1)), c2 = 1 / (1 - powf(0.999f, step + 1));
            for (int k = 0; k < count; k++) {
                m[k] = 0.9f * m[k] + 0.1f * g[k];
                v[k] = 0.999f * v[k] + 0.001f * g[k] * g[k];
                p[k] -= rate * c1 * m[k] / (sqrtf(c2 * v[k]) + 1e-8f);
            }
        }
    }
    return total / steps;
}
