import org.apache.flink.api.common.serialization.SimpleStringEncoder;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.core.fs.Path;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.filesystem.OutputFileConfig;
import org.apache.flink.streaming.api.functions.sink.filesystem.bucketassigners.BasePathBucketAssigner;
import org.apache.flink.streaming.api.functions.sink.filesystem.rollingpolicies.OnCheckpointRollingPolicy;

/** Writes 1,000 rides into the folder that is named, 4 ms each, with a checkpoint every half second. */
public class Rides {
  public static void main(String[] words) throws Exception {
    StreamExecutionEnvironment flink = StreamExecutionEnvironment.getExecutionEnvironment();
    flink.setParallelism(1);
    flink.enableCheckpointing(500);
    flink
        .fromSequence(0, 999)
        .map(Rides::ride)
        .returns(Types.STRING)
        .sinkTo(
            FileSink.<String>forRowFormat(new Path(words[0]), new SimpleStringEncoder<>())
                .withBucketAssigner(new BasePathBucketAssigner<>())
                .withRollingPolicy(OnCheckpointRollingPolicy.build())
                .withOutputFileConfig(OutputFileConfig.builder().withPartSuffix(".jsonl").build())
                .build());
    flink.execute("rides");
  }

  private static String ride(long id) throws InterruptedException {
    Thread.sleep(4);
    return "{\"id\":" + id + ",\"fare\":" + id / 2.0 + "}";
  }
}
