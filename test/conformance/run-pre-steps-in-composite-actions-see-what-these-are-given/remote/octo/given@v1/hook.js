console.log(`${process.env.INPUT_NAME} from ${process.env.FROM}`);
