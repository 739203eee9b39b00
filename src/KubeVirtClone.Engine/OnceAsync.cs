using System.Runtime.CompilerServices;

namespace KubeVirtClone.Engine;

/// <summary>A value asked for once and kept. A failure is not kept: the next caller asks again. Two callers at the same time may both ask.</summary>
internal sealed class OnceAsync<T>(Func<CancellationToken, Task<T>> read)
{
    private StrongBox<T>? _known;

    public async Task<T> GetAsync(CancellationToken ct)
    {
        var known = Volatile.Read(ref _known);
        if (known is null)
        {
            known = new StrongBox<T>(await read(ct));
            Volatile.Write(ref _known, known);
        }

        return known.Value!;
    }
}
