// Pool.java: buffers outside the Java heap, made by the threads of a pool.

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

public class Pool {
    static ByteBuffer filled(int number) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(65536 + number);
        for (int i = 0; i < buffer.capacity(); i++)
            buffer.put(i, (byte) (i * 31 + number));
        return buffer;
    }

    public static void main(String[] arguments) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<ByteBuffer>> coming = new ArrayList<>();
        List<ByteBuffer> kept = new ArrayList<>();
        long sum = 0;
        for (int i = 0; i < 64; i++) {
            final int number = i;
            coming.add(pool.submit(() -> filled(number)));
        }
        for (Future<ByteBuffer> future : coming)
            kept.add(future.get());
        for (ByteBuffer buffer : kept)
            for (int i = 0; i < buffer.capacity(); i++)
                sum = sum * 31 + buffer.get(i);
        System.out.println(sum);
        System.out.println("done");
        System.in.read();
        pool.shutdown();
        System.out.println(kept.size());
    }
}
